/// Byte-pair encoding of single words: bytes become symbols, and the adjacent pair with the lowest
/// rank is merged (leftmost on ties) until no pair is in the merge list (spec §2.2, step 5).
struct BytePairEncoder: Sendable {
  private struct Merge {
    let rank: Int32
    let result: Int32
  }

  private let byteIDs: [Int32]
  private let merges: [UInt64: Merge]

  /// - Parameters:
  ///   - vocabulary: Ids by spelling, in the byte alphabet's UTF-8.
  ///   - mergeList: The pairs of spellings, in rank order.
  ///   - file: The file's name in errors.
  init(
    vocabulary: [ArraySlice<UInt8>: Int32], mergeList: [(ArraySlice<UInt8>, ArraySlice<UInt8>)],
    file: String
  ) throws(TokenizationError) {
    var byteIDs: [Int32] = []
    for byte in UInt8.min...UInt8.max {
      guard let id = vocabulary[ByteAlphabet.spelling(of: byte)] else {
        throw TokenizationError(
          code: .inconsistent, file: file,
          detail: "the vocabulary has no token for byte \(byte); it is not a byte-level one")
      }
      byteIDs.append(id)
    }
    self.byteIDs = byteIDs
    merges = try Self.table(of: mergeList, in: vocabulary, file: file)
  }

  private static func table(
    of mergeList: [(ArraySlice<UInt8>, ArraySlice<UInt8>)],
    in vocabulary: [ArraySlice<UInt8>: Int32], file: String
  ) throws(TokenizationError) -> [UInt64: Merge] {
    var merges = [UInt64: Merge](minimumCapacity: mergeList.count)
    for (rank, (left, right)) in mergeList.enumerated() {
      guard let leftID = vocabulary[left], let rightID = vocabulary[right],
        let result = vocabulary[left + right], let rank = Int32(exactly: rank)
      else {
        throw TokenizationError(
          code: .inconsistent, file: file,
          detail: "merge \(rank + 1) uses or makes a token that is not in the vocabulary")
      }
      merges[key(leftID, rightID)] = Merge(rank: rank, result: result)
    }
    return merges
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// Appends the token ids of one word.
  func encode(_ word: ArraySlice<Unicode.Scalar>, into ids: inout [Int32]) {
    var symbols: [Int32] = []
    for scalar in word {
      for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
        symbols.append(byteIDs[Int(byte)])
      }
    }
    merge(&symbols)
    for symbol in symbols where symbol != Self.absorbed { ids.append(symbol) }
  }

  /// Marks the position of a symbol that was merged into its left neighbour; token ids are
  /// nonnegative.
  private static let absorbed: Int32 = -1

  /// Merges in place, leaving `absorbed` at the positions of merged symbols.
  ///
  /// The remaining positions form a doubly linked list, and candidate merges wait in a priority
  /// queue, so that a word of n bytes takes O(n log n) steps.
  private func merge(_ symbols: inout [Int32]) {
    var following = symbols.indices.map { $0 + 1 }
    var preceding = symbols.indices.map { $0 - 1 }
    var queue = MergeQueue()
    for position in symbols.indices.dropLast() {
      enqueue(position, position + 1, of: symbols, into: &queue)
    }
    while let candidate = queue.pop() {
      let position = Int(candidate.position)
      let next = following[position]
      guard next < symbols.count, symbols[position] == candidate.left,
        symbols[next] == candidate.right,
        let merge = merges[Self.key(candidate.left, candidate.right)]
      else { continue }
      symbols[position] = merge.result
      symbols[next] = Self.absorbed
      following[position] = following[next]
      if following[position] < symbols.count {
        preceding[following[position]] = position
        enqueue(position, following[position], of: symbols, into: &queue)
      }
      if preceding[position] >= 0 {
        enqueue(preceding[position], position, of: symbols, into: &queue)
      }
    }
  }

  private func enqueue(
    _ left: Int, _ right: Int, of symbols: [Int32], into queue: inout MergeQueue
  ) {
    guard let merge = merges[Self.key(symbols[left], symbols[right])],
      let position = Int32(exactly: left)
    else { return }
    queue.push(
      MergeCandidate(
        rank: merge.rank, position: position, left: symbols[left], right: symbols[right]))
  }
}

/// The printable character for each byte in byte-level vocabularies (spec §2.2, step 4).
enum ByteAlphabet {
  /// Bytes 33...126, 161...172 and 174...255 map to themselves; the other 68, in increasing order,
  /// map to U+0100, U+0101, and so on.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt8 = 0
    return (0...255).map { (byte: UInt8) in
      switch byte {
      case 33...126, 161...172, 174...255: return Unicode.Scalar(byte)
      default:
        defer { next += 1 }
        return Unicode.Scalar(0x100 + UInt16(next)) ?? Unicode.Scalar(byte)
      }
    }
  }()

  /// Returns the vocabulary spelling of a single byte, in UTF-8.
  static func spelling(of byte: UInt8) -> ArraySlice<UInt8> {
    Array(UTF8.encode(scalars[Int(byte)]) ?? UTF8.encodedReplacementCharacter)[...]
  }
}

/// A possible merge of two adjacent symbols of a word.
struct MergeCandidate {
  /// The merge's rank in the merge list; lower is applied first.
  let rank: Int32
  /// The left symbol's position in the word; among equal ranks the leftmost is applied first.
  let position: Int32
  /// The symbols at the time the candidate was queued, to detect stale candidates.
  let left: Int32
  let right: Int32

  func precedes(_ other: MergeCandidate) -> Bool {
    (rank, position) < (other.rank, other.position)
  }
}

/// A binary heap of merge candidates with the next merge at the top.
struct MergeQueue {
  private var heap: [MergeCandidate] = []

  mutating func push(_ candidate: MergeCandidate) {
    var index = heap.count
    heap.append(candidate)
    while index > 0, heap[index].precedes(heap[(index - 1) / 2]) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func pop() -> MergeCandidate? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first }
    heap[0] = last
    siftDown()
    return first
  }

  private mutating func siftDown() {
    var index = 0
    while let child = smallerChild(of: index), heap[child].precedes(heap[index]) {
      heap.swapAt(index, child)
      index = child
    }
  }

  private func smallerChild(of index: Int) -> Int? {
    let left = 2 * index + 1
    let right = left + 1
    guard right < heap.count else { return left < heap.count ? left : nil }
    return heap[right].precedes(heap[left]) ? right : left
  }
}
