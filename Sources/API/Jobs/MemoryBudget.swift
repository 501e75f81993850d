import Synchronization

/// Bounds the memory that all accepted requests may need together.
///
/// Images are held until their request is answered, so that their sizes add up. Only `renderCount` renders
/// run at once, so that the largest ones count: whichever run together, they fit. So no render waits for
/// memory, and no accepted one fails for lack of it.
///
/// A reservation is given back when nobody holds it any more.
final class MemoryBudget: Sendable {
  /// The use of reserved memory.
  enum Purpose: Sendable {
    /// A decoded image.
    case image
    /// The activations of a render that waits or runs.
    case render
  }

  /// A part of the budget, given back on `deinit`.
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
    /// The bytes of each render that waits or runs, in descending order.
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

    /// Returns the most bytes that can be needed while so many renders run at once.
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

  /// The bytes that are reserved.
  var reservedByteCount: Int { taken.withLock { $0.most(renderCount: renderCount) } }

  /// Reserves memory; nil if there is not enough left.
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
