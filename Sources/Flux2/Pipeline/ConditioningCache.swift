import Hashing
import Imaging
import Synchronization
import Tensors

/// The counters and the size of the conditioning cache.
public struct ConditioningCacheStatistics: Sendable, Equatable {
  /// Look-ups that found an entry, since the pipeline was loaded.
  public internal(set) var hitCount = 0
  /// Look-ups that found none.
  public internal(set) var missCount = 0
  /// Bytes of the embedded prompts and encoded references that are held.
  public internal(set) var byteCount = 0

  /// Creates the statistics of an unused cache.
  public init() {}

  /// Adds the statistics of another cache.
  public static func += (sum: inout Self, other: Self) {
    sum.hitCount += other.hitCount
    sum.missCount += other.missCount
    sum.byteCount += other.byteCount
  }
}

/// A least-recently-used cache of embedded prompts and encoded references, within a budget of memory.
///
/// Keys are hashes of the content, so that neither prompts nor images are held.
final class ConditioningCache: Sendable {
  private enum Value: Sendable {
    case prompt(PromptEmbedding)
    case reference(ReferenceLatents)

    var byteCount: Int {
      switch self {
      case .prompt(let prompt): prompt.hiddenStates.elements.count * 4
      case .reference(let reference): reference.tokens.elements.count * 4
      }
    }
  }

  private struct Entry {
    let value: Value
    var lastUse: UInt64
  }

  private struct Entries {
    var values: [String: Entry] = [:]
    var statistics = ConditioningCacheStatistics()
    var useCount: UInt64 = 0

    mutating func use(_ key: String) -> Value? {
      guard values[key] != nil else {
        statistics.missCount += 1
        return nil
      }
      statistics.hitCount += 1
      useCount += 1
      values[key]?.lastUse = useCount
      return values[key]?.value
    }

    mutating func insert(_ value: Value, for key: String, limit: Int) {
      guard value.byteCount <= limit, values[key] == nil else { return }
      while statistics.byteCount + value.byteCount > limit,
        let oldest = values.min(by: { $0.value.lastUse < $1.value.lastUse })
      {
        values[oldest.key] = nil
        statistics.byteCount -= oldest.value.value.byteCount
      }
      useCount += 1
      values[key] = Entry(value: value, lastUse: useCount)
      statistics.byteCount += value.byteCount
    }
  }

  private let byteLimit: Int
  private let entries = Mutex(Entries())

  /// An empty cache.
  /// - Parameter byteLimit: Bytes that the values may take; 0 keeps nothing.
  init(byteLimit: Int) {
    self.byteLimit = byteLimit
  }

  /// The counters and the bytes held; a cache that keeps nothing counts nothing.
  var statistics: ConditioningCacheStatistics { entries.withLock { $0.statistics } }

  /// Returns the embedding of a prompt, calling `make` and keeping its result where there is none.
  /// - Parameters:
  ///   - text: The prompt.
  ///   - changes: Identifies what adapters change of the text encoder.
  ///   - make: Encodes it.
  func prompt(
    _ text: String, changes: String, make: () throws -> PromptEmbedding
  ) rethrows -> PromptEmbedding {
    guard byteLimit > 0 else { return try make() }
    let key = "prompt " + SHA256.hash(text.utf8).hexadecimal + changes
    if case .prompt(let kept) = entries.withLock({ $0.use(key) }) { return kept }
    let made = try make()
    entries.withLock { $0.insert(.prompt(made), for: key, limit: byteLimit) }
    return made
  }

  /// Returns the latents of a reference, calling `make` and keeping its result where there are none.
  /// - Parameters:
  ///   - image: The reference as it was sent.
  ///   - geometry: The geometry that it is fitted to; nil where it keeps its own size.
  ///   - make: Encodes it.
  func reference(
    _ image: Raster, in geometry: ImageGeometry?, make: () throws -> ReferenceLatents
  ) rethrows -> ReferenceLatents {
    guard byteLimit > 0 else { return try make() }
    let size = "\(image.width)x\(image.height)"
    let place = geometry.map { "\($0.shownWidth)x\($0.shownHeight) in \($0.grid)" }
    // The file was hashed where it was read; pixels are hashed here only of images that were computed.
    let digest = image.fileDigest ?? SHA256.hash(image.pixels)
    let key = "reference \(size) as \(place ?? size) " + digest.hexadecimal
    if case .reference(let kept) = entries.withLock({ $0.use(key) }) { return kept }
    let made = try make()
    entries.withLock { $0.insert(.reference(made), for: key, limit: byteLimit) }
    return made
  }
}
