internal import Synchronization

/// The memory that requests may take for their pictures and renders for their work, altogether.
///
/// What is reserved comes back when the reservation is no longer held by anyone.
final class MemoryBudget: Sendable {
  /// A share of the budget.
  final class Reservation: Sendable {
    private let budget: MemoryBudget
    private let byteCount: Int

    fileprivate init(_ budget: MemoryBudget, _ byteCount: Int) {
      self.budget = budget
      self.byteCount = byteCount
    }

    deinit { budget.taken.withLock { $0 -= byteCount } }
  }

  /// The whole budget.
  let byteCount: Int
  private let taken = Mutex(0)

  init(byteCount: Int) { self.byteCount = byteCount }

  /// Takes a share; nil if there is not enough left.
  func reserve(_ byteCount: Int) -> Reservation? {
    let isGranted = taken.withLock { taken in
      guard byteCount >= 0, byteCount <= self.byteCount - taken else { return false }
      taken += byteCount
      return true
    }
    return isGranted ? Reservation(self, byteCount) : nil
  }
}
