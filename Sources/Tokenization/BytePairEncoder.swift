/// Byte-pair encoding of single words: bytes become symbols, and the neighbouring pair with the lowest
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
  ///   - mergeList: The pairs of spellings, in the order of their ranks.
  ///   - file: Named in errors.
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

  /// Appends the ids of one word.
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

  /// Marks the place of a symbol that was merged into the one before it; no token id is negative.
  private static let absorbed: Int32 = -1

  /// Merges in place, leaving `absorbed` where a symbol disappeared.
  ///
  /// The places still in use form a doubly linked list, and possible merges wait in a queue, so that a
  /// word of n bytes takes n log n steps however long it is.
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
