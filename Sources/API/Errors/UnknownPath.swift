import Text

/// Describes a path at which nothing is served: the path, those that exist, and the one likely meant.
struct UnknownPath {
  /// Paths that clients build from a base URL that does not fit, each by its letters alone, without
  /// prefixes and separators.
  private static let slips: [(letters: [ByteString], meant: String)] = [
    (
      [
        "imagesgenerations", "imagesgeneration", "imagesgenerate", "imagegenerations",
        "imagegeneration", "imagegenerate", "images", "image", "generations", "generation",
        "generate", "txt2img", "sdapitxt2img", "texttoimage",
      ], "/v1/images/generations"
    ),
    (
      [
        "imagesedits", "imagesedit", "imageedits", "imageedit", "edits", "edit", "img2img",
        "sdapiimg2img",
      ],
      "/v1/images/edits"
    ),
    (["models", "model", "modelslist"], "/v1/models"),
    (["healthz", "health", "healthcheck"], "/healthz"),
    (["readyz", "ready"], "/readyz"), (["openapijson"], "/openapi.json"),
  ]

  /// Endpoints of other services for text, sound and stored files, which clients may be configured for.
  private static let foreign: [ByteString] = [
    "chat", "completions", "responses", "embeddings", "audio", "assistants", "threads", "files",
    "moderations", "imagesvariations",
  ]

  /// No entry of `slips` has more letters.
  private static let letterLimit = 24

  private let path: ByteString
  private let letters: ByteString

  init(_ path: ByteString) {
    self.path = path
    var letters = path.prefix(ByteString.nameLimit).filter {
      $0 != 0x2F && $0 != 0x5F && $0 != 0x2D && $0 != 0x2E
    }
    .map(\.asciiLowercase)[...]
    while let prefix = ["v1", "v2", "api", "openai"].first(where: { letters.starts(with: $0.utf8) })
    {
      letters = letters.dropFirst(prefix.utf8.count)
    }
    self.letters = ByteString(letters)
  }

  /// The error for the client.
  var error: APIError { APIError(.notFound, "nothing is served at \(path); \(advice)") }

  private var advice: String {
    let served = "/v1/images/generations, /v1/images/edits and /v1/models"
    if let meant { return "did you mean \(meant)? There are \(served)" }
    if Self.foreign.contains(where: { letters.starts(with: $0) }) {
      return "this service makes and edits images: there are \(served)"
    }
    return "there are \(served)"
  }

  /// The path that is served and was likely meant.
  private var meant: String? {
    guard !letters.isEmpty, letters.count <= Self.letterLimit else { return nil }
    if let exact = Self.slips.first(where: { $0.letters.contains(letters) }) { return exact.meant }
    return Self.slips.first { Self.isNear(letters, $0.letters[0]) }?.meant
  }

  /// Returns whether two words differ by one inserted, missing or wrong letter, or by two exchanged ones.
  private static func isNear(_ word: ByteString, _ other: ByteString) -> Bool {
    guard min(word.count, other.count) > 4, abs(word.count - other.count) <= 1 else { return false }
    let head = zip(word, other).prefix { $0 == $1 }.count
    let (first, second) = (word.dropFirst(head), other.dropFirst(head))
    let tail = zip(first.reversed(), second.reversed()).prefix { $0 == $1 }.count
    let (a, b) = (Array(first.dropLast(tail)), Array(second.dropLast(tail)))
    return a.count <= 1 && b.count <= 1 || (a.count == 2 && b == a.reversed())
  }
}
