import Measurement
import Tensors

/// Measures what a LoRA costs beside the layer it changes: added while the layer's product is finished, and
/// added to it afterwards.
struct AdapterBenchmark {
  let device: Device

  private static let rank = 32
  private static let rows = 768
  private static let rounds = 15
  /// `[D, C]` of a single block of klein-4B.
  private static let shapes = [[27_648, 3072], [3072, 12_288]]

  func run() {
    for shape in Self.shapes {
      let x = Tensor.ramp([Self.rows, shape[1]])
      let stored = WeightTensor(Tensor.ramp(shape))
      let down = WeightTensor(Tensor.ramp([Self.rank, shape[1]]))
      let up = WeightTensor(Tensor.ramp([shape[0], Self.rank]))
      let change = LowRankChange(down: down, up: up, scale: 1)
      print("LoRA of rank \(Self.rank), \(Self.rows) rows, \(shape[0])x\(shape[1])")
      for precision in Precision.allCases {
        let weight = precision == .int8 ? device.quantize(stored) : stored.computed(in: precision)
        var y = Tensor(zeros: [Self.rows, shape[0]])
        let medians = interleaved([
          { device.linear(x, weight, into: &y) },
          { device.linear(x, weight, change: change, into: &y) },
          {
            device.linear(x, weight, into: &y)
            device.linear(
              device.linear(x, down), up, accumulate: true, into: &y)
          },
        ])
        print("  \(precision): \(percent(medians[1] / medians[0])) taken along,", terminator: "")
        print(" \(percent(medians[2] / medians[0])) afterwards")
      }
    }
  }

  /// Medians of the seconds of functions that are run in turn, so that a change of the machine's speed meets all.
  private func interleaved(_ bodies: [() -> Void]) -> [Double] {
    var seconds: [[Double]] = bodies.map { _ in [] }
    let clock = ContinuousClock()
    for round in 0...Self.rounds {
      for (number, body) in bodies.enumerated() {
        let duration = clock.measure(body) / .seconds(1)
        if round > 0 { seconds[number].append(duration) }
      }
    }
    return seconds.map { Samples(seconds: $0).median }
  }

  private func percent(_ ratio: Double) -> String { "\((ratio * 1000 - 1000).rounded() / 10) %" }
}
