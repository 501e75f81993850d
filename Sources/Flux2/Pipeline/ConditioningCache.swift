internal import Hashing
internal import Imaging
internal import Synchronization
internal import Tensors

/// Keeps what the first stages of renders gave, by content and within a budget of memory: the same
/// prompt is encoded once, and the same reference.
///
/// The entries used longest ago make room for new ones. Keys are hashes, so that neither prompts nor
/// images are held.
final class ConditioningCache: Sendable {
  /// A value that is kept.
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
    var byteCount = 0
    var useCount: UInt64 = 0

    mutating func use(_ key: String) -> Value? {
      guard values[key] != nil else { return nil }
      useCount += 1
      values[key]?.lastUse = useCount
      return values[key]?.value
    }

    mutating func insert(_ value: Value, for key: String, limit: Int) {
      guard value.byteCount <= limit, values[key] == nil else { return }
      while byteCount + value.byteCount > limit,
        let oldest = values.min(by: { $0.value.lastUse < $1.value.lastUse })
      {
        values[oldest.key] = nil
        byteCount -= oldest.value.value.byteCount
      }
      useCount += 1
      values[key] = Entry(value: value, lastUse: useCount)
      byteCount += value.byteCount
    }
  }

  private let byteLimit: Int
  private let entries = Mutex(Entries())

  /// An empty cache.
  /// - Parameter byteLimit: Bytes that the values may take; 0 keeps nothing.
  init(byteLimit: Int) {
    self.byteLimit = byteLimit
  }

  /// Bytes that the values take.
  var byteCount: Int { entries.withLock { $0.byteCount } }

  /// The embedding of a prompt, made if it is not here.
  func prompt(
    _ text: String, make: () throws -> PromptEmbedding
  ) rethrows -> PromptEmbedding {
    guard byteLimit > 0 else { return try make() }
    let key = "prompt " + SHA256.hash(text.utf8).hexadecimal
    if case .prompt(let kept) = entries.withLock({ $0.use(key) }) { return kept }
    let made = try make()
    entries.withLock { $0.insert(.prompt(made), for: key, limit: byteLimit) }
    return made
  }

  /// The latents of a reference in some tokens, made if they are not here.
  func reference(
    _ image: Raster, in frame: ImageGeometry?, make: () throws -> ReferenceLatents
  ) rethrows -> ReferenceLatents {
    guard byteLimit > 0 else { return try make() }
    let size = "\(image.width)x\(image.height)"
    let place = frame.map { "\($0.shownWidth)x\($0.shownHeight) in \($0.grid)" }
    let key = "reference \(size) as \(place ?? size) " + SHA256.hash(image.pixels).hexadecimal
    if case .reference(let kept) = entries.withLock({ $0.use(key) }) { return kept }
    let made = try make()
    entries.withLock { $0.insert(.reference(made), for: key, limit: byteLimit) }
    return made
  }
}
