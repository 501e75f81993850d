import Dispatch

/// Reads the mapped weights of a network's next blocks while one is computed, and drops those before it.
///
/// A block would otherwise be read by page faults, during which its threads wait. It stays a few blocks ahead, so that
/// a model that is larger than the memory is read in order, too.
package struct ReadAhead: Sendable {
  private static let queue = DispatchQueue(label: "read-ahead", qos: .userInitiated)
  /// Blocks that it is ahead.
  private static let distance = 2
  /// The size from which a block takes longer to read than a thread to wake.
  private static let leastByteCount = 16 << 20

  private let blocks: [[WeightTensor]]

  /// Takes the weights of a network, block by block.
  package init(_ blocks: [[WeightTensor]]) {
    self.blocks = blocks
  }

  /// Begins to read the blocks that follow the one to be computed now; with the first, that one, too.
  package func computing(_ index: Int) {
    let next = index == 0 ? 0...Self.distance : index + Self.distance...index + Self.distance
    for weights in next.compactMap({ blocks.indices.contains($0) ? blocks[$0] : nil })
    where weights.reduce(0, { $0 + $1.byteCount }) >= Self.leastByteCount {
      Self.queue.async { for weight in weights { weight.readAhead() } }
    }
  }

  /// Lets the system drop the pages of a block that was computed, while the next one is.
  package func evict(_ index: Int) {
    let weights = blocks[index]
    Self.queue.async { for weight in weights { weight.evict() } }
  }
}
