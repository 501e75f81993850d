import Flux2
import Foundation
import Synchronization
import Tensors
import Text

/// `iris model fabricate --shape SHAPE DIR`: writes a model of random weights.
struct FabricateCommand {
  private let fabricator: ModelFabricator
  private let directory: String
  private let threadCount: Int
  private let isQuiet: Bool
  private let signals: SignalDispatcher

  init(_ invocation: Invocation, signals: SignalDispatcher) throws {
    guard let shape = try invocation.choice(.shape, of: ModelShape.self) else {
      throw UsageError(
        "`iris model fabricate` needs \(Option.shape.spelling) \(Option.shape.placeholder ?? "")")
    }
    fabricator = try ModelFabricator(
      shape,
      format: try invocation.choice(.format, of: FabricationFormat.self) ?? .bfloat16,
      seed: try invocation.integer(.seed, in: 0...UInt64.max) ?? ModelFabricator.defaultSeed,
      outlierFactors: try Self.factors(invocation))
    directory = invocation.operand ?? ""
    threadCount =
      try invocation.integer(.threads, in: Device.threadCounts) ?? SystemResources.processorCount
    isQuiet = invocation.has(.quiet)
    self.signals = signals
  }

  func run() throws {
    // A file of gigabytes is not left behind when the program is told to end.
    let isCancelled = Cancellation()
    signals.handle(SIGINT, SIGTERM, SIGHUP) { isCancelled.set() }
    var display = ProgressDisplay(isQuiet: isQuiet)
    try fabricator.write(to: directory, on: Device(threadCount: threadCount)) { file, share in
      guard !isCancelled.isSet else { throw CommandFailure("interrupted; nothing was written") }
      display.show("writing \(file)", share: share)
    }
    display.clear()
    try Console.print("\(directory): \(TextFormat.byteCount(fabricator.byteCount)) of weights")
    for outliers in fabricator.outliers where !outliers.channels.isEmpty {
      let groups = Dictionary(grouping: outliers.channels, by: \.factor).sorted { $0.key < $1.key }
      let parts = groups.map { factor, channels in
        "x\(factor) at \(channels.map { "\($0.index)" }.joined(separator: " "))"
      }
      try Console.print("  \(outliers.place): \(parts.joined(separator: ", "))")
    }
  }

  private static func factors(_ invocation: Invocation) throws(UsageError) -> [Int] {
    guard let text = invocation.value(.outliers) else {
      return ModelFabricator.defaultOutlierFactors
    }
    if text == "none" { return [] }
    let range = ModelFabricator.outlierFactors
    let words = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    let factors = words.compactMap { Int(Substring($0)) }.filter(range.contains)
    guard factors.count == words.count, words.count <= ModelFabricator.outlierLimit else {
      throw UsageError(
        "--outliers is `\(ByteString(text))`; it must be none, or at most "
          + "\(ModelFabricator.outlierLimit) factors from \(range.lowerBound) to "
          + "\(range.upperBound), as 30,100,1000")
    }
    return factors
  }
}

/// Remembers that a signal told the program to end.
final class Cancellation: Sendable {
  private let value = Atomic(false)

  var isSet: Bool { value.load(ordering: .relaxed) }

  func set() { value.store(true, ordering: .relaxed) }
}
