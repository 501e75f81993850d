import Measurement
import Tensors

/// Measures the product of each precision in the shapes of klein-4B.
struct PrecisionBenchmark {
  let device: Device

  func run() {
    for shape in ProductBenchmark.shapes {
      let x = ProductBenchmark.ramp([shape.m, shape.k])
      let stored = WeightTensor(ProductBenchmark.ramp([shape.n, shape.k]))
      let operations = 2 * Double(shape.m) * Double(shape.n) * Double(shape.k)
      var y = Tensor(zeros: [shape.m, shape.n])
      print("linear \(shape.m)x\(shape.n)x\(shape.k) (\(shape.place))")
      for precision in Precision.allCases {
        let weight =
          precision == .int8 ? device.quantize(stored) : stored.computed(in: precision)
        let samples = Samples { device.linear(x, weight, into: &y) }
        print("  \(precision)  \(samples.report(operations: operations))")
      }
    }
  }
}
