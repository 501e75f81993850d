internal import Hashing
internal import Tensors

extension Checkpoint {
  /// Bytes of one sample.
  private static let sampleSize = 256
  /// Samples of one tensor, evenly spaced from its first byte to its last.
  private static let sampleCount = 4

  /// A stable identity of the weights: equal for a sharded and a single-file copy, different as soon as
  /// a name, type, shape or sampled element differs.
  ///
  /// It hashes every tensor's description and at most 1 KiB of its elements, so that it takes
  /// milliseconds where a hash of all bytes would take a minute for a full-size model. It tells models
  /// apart in an image's metadata; it is no protection against someone who wants two to look alike.
  /// - Returns: 64 hexadecimal digits.
  public func fingerprint() -> String {
    var hash = SHA256()
    for (name, tensor) in tensors.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
    {
      hash.update(
        "\(name.utf8.count) \(name) \(tensor.elementType.rawValue) \(tensor.shape)\n".utf8)
      for range in Self.samples(byteCount: tensor.byteCount) {
        hash.update(Self.bytes(of: tensor, range))
      }
    }
    return hash.finalize().hexadecimal
  }

  /// The identity of several checkpoints that make up one model, in the order given.
  public static func fingerprint(of checkpoints: [Checkpoint]) -> String {
    SHA256.hash(checkpoints.map { $0.fingerprint() }.joined(separator: "\n").utf8).hexadecimal
  }

  private static func samples(byteCount: Int) -> [Range<Int>] {
    guard byteCount > sampleSize * sampleCount else { return [0..<byteCount] }
    let last = byteCount - sampleSize
    return (0..<sampleCount).map { index in
      let start = last * index / (sampleCount - 1)
      return start..<start + sampleSize
    }
  }

  private static func bytes(of tensor: WeightTensor, _ range: Range<Int>) -> [UInt8] {
    unsafe [UInt8](
      UnsafeRawBufferPointer(
        start: UnsafeRawPointer(bitPattern: tensor.address + UInt(range.lowerBound)),
        count: range.count))
  }
}
