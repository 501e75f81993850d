/// A possible merge of two neighbouring symbols of a word.
struct MergeCandidate {
  /// The merge's place in the merge list: lower goes first.
  let rank: Int32
  /// The left symbol's place in the word; among equal ranks the leftmost goes first.
  let position: Int32
  /// The symbols seen when the candidate was queued, by which a stale candidate is recognised.
  let left: Int32
  let right: Int32

  func precedes(_ other: MergeCandidate) -> Bool {
    (rank, position) < (other.rank, other.position)
  }
}

/// A binary heap of merge candidates, the next one to apply on top.
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
