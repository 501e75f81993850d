import Measurement
import Tensors

/// Measures matrix products in the shapes of the models, in each precision, by our kernels and by the installed
/// libraries in the same tiles and threads.
struct ProductBenchmark {
  let threads: Int

  /// `[m, n, k]` and the model part that has it.
  private static let shapes: [(m: Int, n: Int, k: Int, place: String)] = [
    (768, 3072, 3072, "klein-4B attention projection, 256x256"),
    (768, 27_648, 3072, "klein-4B single block, 256x256"),
    (2816, 3072, 12_288, "klein-4B single block output, 768x768"),
    (512, 9728, 2560, "Qwen3-4B feed-forward"),
    (640, 192, 192, "embedded model, attention projection"),
    (640, 1728, 192, "embedded model, single block"),
  ]

  func run() {
    let ours = Device(threadCount: threads)
    var libraries: [ProductChoice] = []
    for provider in [ProductProvider.openblas, .onednn] {
      do { libraries.append(try ProductChoice(provider)) } catch { print("\(error)") }
    }
    let devices = libraries.map { Device(threadCount: threads, products: $0) }
    for shape in Self.shapes {
      let x = Tensor.ramp([shape.m, shape.k])
      let stored = WeightTensor(Tensor.ramp([shape.n, shape.k]))
      let operations = 2 * Double(shape.m) * Double(shape.n) * Double(shape.k)
      var y = Tensor(zeros: [shape.m, shape.n])
      print("linear \(shape.m)x\(shape.n)x\(shape.k) (\(shape.place))")
      for precision in Precision.allCases {
        let weight = precision == .int8 ? ours.quantize(stored) : stored.computed(in: precision)
        let samples = Samples { ours.linear(x, weight, into: &y) }
        print("  \(precision) iris: \(samples.report(operations: operations))")
        for device in devices where device.products.provider(in: precision) != .iris {
          let theirs = Samples { device.linear(x, weight, into: &y) }
          let ratio = (theirs.median / samples.median * 100).rounded() / 100
          let name = device.products.provider(in: precision)
          print("  \(precision) \(name): \(theirs.report(operations: operations)), ratio \(ratio)")
        }
      }
    }
  }
}

extension Tensor {
  /// Small values without pattern that a kernel could exploit.
  static func ramp(_ shape: [Int]) -> Tensor {
    let count = shape.reduce(1, *)
    return Tensor(
      shape: shape, elements: (0..<count).map { Float($0 &* 7919 % 1009) / 1009 - 0.5 })
  }
}
