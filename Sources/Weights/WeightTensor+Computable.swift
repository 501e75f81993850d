public import Tensors

extension WeightTensor {
  /// Returns the tensor in a type that the kernels multiply: double precision is rounded to single, and floats
  /// of 8 bits become bfloat16, exactly.
  /// - Returns: Itself where it has such a type, else a copy; nil for integers.
  public func computable() -> WeightTensor? {
    switch dtype {
    case .float32, .float16, .bfloat16: self
    case .float64: rounded()
    case .float8E4M3: widened(EightBitFloat(exponentBits: 4, hasInfinities: false))
    case .float8E5M2: widened(EightBitFloat(exponentBits: 5, hasInfinities: true))
    default: nil
    }
  }

  private func rounded() -> WeightTensor {
    let bytes = bytes(0..<byteCount)
    let elements = stride(from: 0, to: bytes.count, by: 8).map { start in
      let bits = bytes[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return Float(Double(bitPattern: bits))
    }
    return WeightTensor(Tensor(shape: shape, elements: elements))
  }

  private func widened(_ format: EightBitFloat) -> WeightTensor {
    let values = (UInt8.min...UInt8.max).map { UInt16(format.value(of: $0).bitPattern >> 16) }
    let buffer = ByteBuffer(count: 2 * count)
    let target = unsafe buffer.start.bindMemory(to: UInt16.self, capacity: count)
    for (index, byte) in bytes(0..<byteCount).enumerated() {
      unsafe target[index] = values[Int(byte)]
    }
    return WeightTensor(shape: shape, dtype: .bfloat16, address: buffer.address, owner: buffer)
  }
}

/// The floats of 8 bits: a sign, an exponent and a mantissa.
/// - Note: Micikevicius et al., *FP8 Formats for Deep Learning*, arXiv:2209.05433, table 1.
private struct EightBitFloat {
  let exponentBits: Int
  /// True if the highest exponent stands for infinities and NaN, as in IEEE 754; else only the highest
  /// mantissa with it is NaN.
  let hasInfinities: Bool

  func value(of byte: UInt8) -> Float {
    let mantissaBits = 7 - exponentBits
    let (highest, bias) = ((1 << exponentBits) - 1, (1 << (exponentBits - 1)) - 1)
    let exponent = Int(byte >> UInt8(mantissaBits)) & highest
    let mantissa = Int(byte) & ((1 << mantissaBits) - 1)
    let sign: Float = byte & 0x80 == 0 ? 1 : -1
    if exponent == highest, hasInfinities { return mantissa == 0 ? sign * .infinity : .nan }
    if exponent == highest, mantissa == (1 << mantissaBits) - 1 { return .nan }
    let units = Float(exponent == 0 ? mantissa : mantissa + (1 << mantissaBits))
    return sign * units
      * Float(sign: .plus, exponent: max(exponent, 1) - bias - mantissaBits, significand: 1)
  }
}
