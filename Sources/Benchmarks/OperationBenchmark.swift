import Measurement
import Tensors

/// Measures attention and convolution against the roofline: the rate that the same processor reaches in a large
/// product.
struct OperationBenchmark {
  let device: Device

  func run() {
    let roofline = MachineRates(device, precision: .float32).product
    print("roofline: a large product, \(gigaflops(roofline)) GFLOP/s")
    for (tokens, heads, width) in [(1280, 24, 128), (640, 3, 64)] {
      let q = Tensor(zeros: [tokens, heads * width])
      let layout = HeadLayout(count: heads, headDim: width)
      let samples = Samples { _ = device.attention(q, q, q, heads: layout) }
      let operations = 4 * Double(tokens) * Double(tokens) * Double(heads * width)
      report("attention \(tokens) tokens, \(heads)x\(width)", samples, operations, roofline)
    }
    for (side, channels, outputs) in [(64, 512, 512), (256, 128, 128), (768, 16, 16)] {
      let x = Tensor(zeros: [side, side, channels])
      let kernel = ConvolutionKernel(
        weight: WeightTensor(Tensor(zeros: [outputs, channels, 3, 3])), bias: nil)
      let samples = Samples { _ = device.convolution(x, kernel) }
      let operations = 18 * Double(side * side) * Double(channels * outputs)
      report("convolution \(side)², \(channels)→\(outputs)", samples, operations, roofline)
    }
  }

  private func report(
    _ name: String, _ samples: Samples, _ operations: Double, _ roofline: Double
  ) {
    let share = (operations / samples.median / roofline * 100).rounded() / 100
    print("\(name)\n  iris      \(samples.report(operations: operations)), of roofline \(share)")
  }

  private func gigaflops(_ rate: Double) -> Double { (rate / 1e8).rounded() / 10 }
}
