import Tensors
import TestSupport

/// Plain loops that say what each operation means, to compare the kernels with.
enum Naive {
  /// Reproducible values in −1…1.
  static func values(_ count: Int, seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Float(generator.next() >> 40) / Float(1 << 23) - 1 }
  }

  static func tensor(_ shape: [Int], seed: UInt64) -> Tensor {
    Tensor(shape: shape, elements: values(shape.reduce(1, *), seed: seed))
  }

  static func linear(_ x: Tensor, _ weight: Tensor, bias: Tensor?) -> Tensor {
    let (inputs, outputs) = (x.columns, weight.shape[0])
    var result = Tensor(zeros: [x.rows, outputs])
    for row in 0..<x.rows {
      for output in 0..<outputs {
        var sum = 0.0
        for input in 0..<inputs {
          sum +=
            Double(x.elements[row * inputs + input])
            * Double(weight.elements[output * inputs + input])
        }
        result.elements[row * outputs + output] = Float(sum) + (bias?.elements[output] ?? 0)
      }
    }
    return result
  }

  static func attention(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: HeadLayout, mask: AttentionMask
  ) -> Tensor {
    var result = Tensor(zeros: q.shape)
    for query in 0..<q.rows {
      for head in 0..<heads.count {
        let source = head / (heads.count / heads.keyValueCount)
        let keys = (0..<k.rows).filter {
          $0 < mask.keyCount ?? k.rows && (!mask.isCausal || $0 <= query)
        }
        let scores = keys.map { key in
          (0..<heads.headDim).reduce(0.0) { sum, d in
            sum + Double(q.elements[query * q.columns + head * heads.headDim + d])
              * Double(k.elements[key * k.columns + source * heads.headDim + d])
          } / Double(heads.headDim).squareRoot()
        }
        let weights = softmax(scores)
        for d in 0..<heads.headDim {
          let sum = zip(keys, weights).reduce(0.0) { sum, pair in
            sum + pair.1 * Double(v.elements[pair.0 * v.columns + source * heads.headDim + d])
          }
          result.elements[query * q.columns + head * heads.headDim + d] = Float(sum)
        }
      }
    }
    return result
  }

  static func softmax(_ scores: [Double]) -> [Double] {
    let largest = scores.max() ?? 0
    let weights = scores.map { Double.exponential($0 - largest) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }

  static func convolution(
    _ x: Tensor, _ weight: Tensor, bias: Tensor, _ geometry: ConvolutionGeometry
  ) -> Tensor {
    let scale = geometry.upsamples ? 2 : 1
    let (height, width, channels) = (x.shape[0] * scale, x.shape[1] * scale, x.shape[2])
    let (outputs, kernel) = (weight.shape[0], weight.shape[2])
    let padding = geometry.paddingBefore + geometry.paddingAfter
    let outHeight = (height + padding - kernel) / geometry.stride + 1
    let outWidth = (width + padding - kernel) / geometry.stride + 1
    var result = Tensor(zeros: [outHeight, outWidth, outputs])
    for index in 0..<result.elements.count {
      let (pixel, output) = (index / outputs, index % outputs)
      var sum = Double(bias.elements[output])
      for tap in 0..<kernel * kernel {
        let y = pixel / outWidth * geometry.stride + tap / kernel - geometry.paddingBefore
        let x0 = pixel % outWidth * geometry.stride + tap % kernel - geometry.paddingBefore
        guard (0..<height).contains(y), (0..<width).contains(x0) else { continue }
        for channel in 0..<channels {
          let source = (y / scale * x.shape[1] + x0 / scale) * channels + channel
          let weightIndex = (output * channels + channel) * kernel * kernel + tap
          sum += Double(x.elements[source]) * Double(weight.elements[weightIndex])
        }
      }
      result.elements[index] = Float(sum)
    }
    return result
  }
}

extension Double {
  /// e to the power of `x`, by squaring a short Taylor series: independent of the kernels' exponential.
  static func exponential(_ x: Double) -> Double {
    let small = x / 1024
    var term = 1.0
    var sum = 1.0
    for n in 1...12 {
      term *= small / Double(n)
      sum += term
    }
    for _ in 0..<10 { sum *= sum }
    return sum
  }
}

/// The largest difference between two tensors and where it is.
func worst(_ actual: Tensor, _ expected: Tensor) -> (difference: Float, index: Int) {
  zip(actual.elements, expected.elements).enumerated().reduce((0, 0)) { found, entry in
    let difference = abs(entry.element.0 - entry.element.1)
    return difference > found.0 || difference.isNaN ? (difference, entry.offset) : found
  }
}
