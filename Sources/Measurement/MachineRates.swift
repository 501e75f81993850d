public import Tensors

/// The highest rates of a machine, measured just now, as the measure of everything else.
public struct MachineRates: Sendable {
  /// Operations a second of fused multiplications and additions in registers, float32, on every thread.
  public let peak: Double
  /// Operations a second of a square product of 2048 rows in a precision.
  public let product: Double

  /// Returns the better of two measurements of each.
  public func best(with other: MachineRates) -> MachineRates {
    MachineRates(peak: max(peak, other.peak), product: max(product, other.product))
  }

  private init(peak: Double, product: Double) {
    self.peak = peak
    self.product = product
  }

  /// Measures both.
  public init(_ device: Device, precision: Precision) {
    let rounds = 1 << 22
    var operations = 0.0
    let loop = Samples(limit: 20) { operations = device.multiplyInRegisters(rounds: rounds) }
    peak = operations / loop.best
    let square = LinearProduct(name: "square", m: 2048, n: 2048, k: 2048)
    product = square.operations / square.measure(on: device, precision: precision).best
  }
}

/// The product of a linear layer, `[m, k] · [n, k]ᵀ`.
public struct LinearProduct: Sendable {
  /// The layers that have it.
  public let name: String
  /// Rows of the input: tokens.
  public let m: Int
  /// Rows of the weight: output features.
  public let n: Int
  /// Input features.
  public let k: Int

  /// Describes a product.
  public init(name: String, m: Int, n: Int, k: Int) {
    self.name = name
    self.m = m
    self.n = n
    self.k = k
  }

  /// Multiplications and additions.
  public var operations: Double { 2 * Double(m) * Double(n) * Double(k) }

  /// Measures it with random inputs and random bfloat16 weights.
  public func measure(on device: Device, precision: Precision) -> Samples {
    func random(_ key: UInt64, _ rows: Int) -> WeightTensor {
      let matrix = RandomMatrix(
        key: key, rowScales: [Float](repeating: 1, count: rows),
        columnScales: [Float](repeating: 1, count: k))
      return device.draw([matrix], shape: [rows, k])
    }
    let x = random(1, m).widened()
    let stored = random(2, n)
    let weight = precision == .int8 ? device.quantize(stored) : stored.computed(in: precision)
    var y = Tensor(zeros: [m, n])
    return Samples { device.linear(x, weight, into: &y) }
  }
}
