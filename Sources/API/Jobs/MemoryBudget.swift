internal import Synchronization

/// The memory that accepted requests may come to need, altogether.
///
/// Their images stay until they are answered, and add up. Of their renders only so many run at the
/// same time, so that what counts are the greediest ones: whatever the order in which those come to
/// run, it fits. Hence no render has to wait for memory, and none that was accepted fails for want of
/// it.
///
/// What is reserved comes back when the reservation is no longer held by anyone.
final class MemoryBudget: Sendable {
  /// What memory is for.
  enum Purpose: Sendable {
    /// An image, as long as it is held.
    case image
    /// A render, which may have to wait for others.
    case render
  }

  /// A share of the budget.
  final class Reservation: Sendable {
    private let budget: MemoryBudget
    private let byteCount: Int
    private let purpose: Purpose

    fileprivate init(_ budget: MemoryBudget, _ byteCount: Int, _ purpose: Purpose) {
      self.budget = budget
      self.byteCount = byteCount
      self.purpose = purpose
    }

    deinit { budget.taken.withLock { $0.remove(byteCount, purpose) } }
  }

  private struct Taken {
    var images = 0
    /// What each render that waits or runs will take, falling.
    var renders: [Int] = []

    mutating func add(_ byteCount: Int, _ purpose: Purpose) {
      switch purpose {
      case .image: images += byteCount
      case .render:
        renders.insert(byteCount, at: renders.firstIndex { $0 < byteCount } ?? renders.endIndex)
      }
    }

    mutating func remove(_ byteCount: Int, _ purpose: Purpose) {
      switch purpose {
      case .image: images -= byteCount
      case .render: renders.firstIndex(of: byteCount).map { _ = renders.remove(at: $0) }
      }
    }

    /// The most that can be needed while so many renders run at once.
    func most(renderCount: Int) -> Int {
      renders.prefix(renderCount).reduce(images) { Self.sum($0, $1) }
    }

    private static func sum(_ a: Int, _ b: Int) -> Int {
      let (sum, overflows) = a.addingReportingOverflow(b)
      return overflows ? .max : sum
    }
  }

  /// The whole budget.
  let byteCount: Int
  private let renderCount: Int
  private let taken = Mutex(Taken())

  /// - Parameters:
  ///   - byteCount: The whole budget.
  ///   - renderCount: Renders that run at the same time.
  init(byteCount: Int, renderCount: Int) {
    self.byteCount = byteCount
    self.renderCount = renderCount
  }

  /// What is taken.
  var reservedByteCount: Int { taken.withLock { $0.most(renderCount: renderCount) } }

  /// Takes a share; nil if there is not enough left.
  func reserve(_ byteCount: Int, for purpose: Purpose) -> Reservation? {
    guard (0...self.byteCount).contains(byteCount) else { return nil }
    let isGranted = taken.withLock { taken in
      var next = taken
      next.add(byteCount, purpose)
      guard next.most(renderCount: renderCount) <= self.byteCount else { return false }
      taken = next
      return true
    }
    return isGranted ? Reservation(self, byteCount, purpose) : nil
  }
}
