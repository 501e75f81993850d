/// The memory that all buffered bodies may take together, and who waits for some.
///
/// Bodies that began at the same time would otherwise all stop half-way and all be refused. So once
/// memory is short, what there is goes to the oldest alone, and the youngest is refused first.
package struct BodyBudget {
  private let limit: Int
  private(set) var usedBytes = 0
  /// The connections that wait; the older, the lower the number.
  private(set) var waiting: Set<UInt64> = []
  /// The connection that was last given memory.
  private var fed: UInt64?

  package init(limit: Int) { self.limit = limit }

  package var isSpent: Bool { usedBytes >= limit }

  /// With an eighth free there is enough for several.
  private var isShort: Bool { usedBytes >= limit - limit / 8 }

  /// A connection's body takes more, or less.
  package mutating func charge(_ byteCount: Int) { usedBytes += byteCount }

  /// A connection must wait.
  package mutating func wait(_ id: UInt64) { waiting.insert(id) }

  /// A connection does not wait any more, because it was answered or left.
  package mutating func forget(_ id: UInt64) {
    waiting.remove(id)
    if fed == id { fed = nil }
  }

  /// Who may go on, if anyone: the oldest, unless another uses what is left.
  package mutating func next(isReading: (UInt64) -> Bool) -> UInt64? {
    guard !isSpent, let oldest = waiting.min() else { return nil }
    if isShort, let fed, !waiting.contains(fed), isReading(fed) { return nil }
    waiting.remove(oldest)
    fed = oldest
    return oldest
  }

  /// Whether a connection that waited too long must go on waiting, since a younger one is to go first.
  package func spares(_ id: UInt64) -> Bool { waiting.contains(id) && id != waiting.max() }
}
