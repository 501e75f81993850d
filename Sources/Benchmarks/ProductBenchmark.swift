import Measurement
import Tensors

/// Measures matrix products in the shapes of the models against the installed libraries.
struct ProductBenchmark {
  let device: Device
  let peers: [Peer]

  /// `[m, n, k]` and the model part that has it.
  static let shapes: [(m: Int, n: Int, k: Int, place: String)] = [
    (768, 3072, 3072, "klein-4B attention projection, 256x256"),
    (768, 27_648, 3072, "klein-4B single block, 256x256"),
    (2816, 3072, 12_288, "klein-4B single block output, 768x768"),
    (512, 9728, 2560, "Qwen3-4B feed-forward"),
    (640, 192, 192, "embedded model, attention projection"),
    (640, 1728, 192, "embedded model, single block"),
  ]

  func run() {
    for shape in Self.shapes {
      let x = Self.ramp([shape.m, shape.k])
      let weight = Self.ramp([shape.n, shape.k])
      let stored = WeightTensor(weight)
      let operations = 2 * Double(shape.m) * Double(shape.n) * Double(shape.k)
      var y = Tensor(zeros: [shape.m, shape.n])
      let ours = Samples { device.linear(x, stored, into: &y) }
      print("linear \(shape.m)x\(shape.n)x\(shape.k) (\(shape.place))")
      print("  iris      \(ours.report(operations: operations))")
      for peer in peers {
        let theirs = Samples { peer.run(x, weight, &y) }
        let ratio = (theirs.median / ours.median * 100).rounded() / 100
        print("  \(peer.name)  \(theirs.report(operations: operations)), ratio \(ratio)")
      }
    }
  }

  /// Small values without pattern that a kernel could exploit.
  static func ramp(_ shape: [Int]) -> Tensor {
    let count = shape.reduce(1, *)
    return Tensor(
      shape: shape, elements: (0..<count).map { Float($0 &* 7919 % 1009) / 1009 - 0.5 })
  }
}

extension Peer {
  fileprivate func run(_ x: Tensor, _ w: Tensor, _ y: inout Tensor) {
    let (m, n, k) = (Int32(x.rows), Int32(w.rows), Int32(x.columns))
    unsafe x.elements.withUnsafeBufferPointer { x in
      unsafe w.elements.withUnsafeBufferPointer { w in
        unsafe y.elements.withUnsafeMutableBufferPointer { y in
          guard let x = x.baseAddress, let w = w.baseAddress, let y = y.baseAddress else { return }
          unsafe product(x, w, y, m, n, k)
        }
      }
    }
  }
}
