import Flux2
import Foundation
import Tensors

/// `iris model prepare DIR`: writes a model's quantised weights into the cache.
struct PrepareCommand {
  private let files: ModelFiles
  private let precision: PrecisionMode
  private let threadCount: Int
  private let isQuiet: Bool
  private let signals: SignalDispatcher

  init(_ invocation: Invocation, signals: SignalDispatcher) throws {
    files = try ModelLocator.files(invocation, directory: invocation.operand, fallback: nil)
    precision =
      try invocation.choice(.precision, of: PrecisionMode.self) ?? CommandDefaults.preparedPrecision
    threadCount =
      try invocation.integer(.threads, in: Device.threadCounts) ?? SystemResources.processorCount
    isQuiet = invocation.has(.quiet)
    self.signals = signals
  }

  func run() throws {
    let choice = try ModelInspector(files).precision(
      precision, memoryByteCount: SystemResources.memoryByteCount, products: ProductChoice(.auto))
    guard choice.precision == .int8 else {
      return try Console.print(
        "nothing to prepare: in \(choice) the weights are multiplied as they are stored")
    }
    guard let cache = Installation.cache else {
      throw CommandFailure("there is no cache: neither XDG_CACHE_HOME nor HOME is set")
    }
    let preparer = try WeightPreparer(files, directory: cache)
    guard preparer.byteCount > 0 else {
      return try Console.print("nothing to prepare: the files have int8 weights")
    }
    guard !preparer.isUpToDate(in: cache) else {
      return try Console.print("\(preparer.path): up to date")
    }
    let isCancelled = Cancellation()
    signals.handle(SIGINT, SIGTERM, SIGHUP) { isCancelled.set() }
    var display = ProgressDisplay(isQuiet: isQuiet)
    try preparer.write(on: Device(threadCount: threadCount)) { stage, share in
      guard !isCancelled.isSet else {
        display.clear()
        throw CommandFailure(stage.consequence)
      }
      display.show(stage.label, share: share)
    }
    display.clear()
    try Console.print("\(preparer.path): \(TextFormat.byteCount(preparer.byteCount))")
  }
}

extension WeightPreparer.Stage {
  /// The stage on the progress line.
  fileprivate var label: String {
    switch self {
    case .quantising: "quantising"
    case .findingOutliers: "finding outlier columns"
    }
  }

  /// The state that an interruption leaves.
  fileprivate var consequence: String {
    switch self {
    case .quantising: "interrupted; nothing was written"
    case .findingOutliers:
      "interrupted; the quantised weights are written, and `iris model prepare` goes on from there"
    }
  }
}
