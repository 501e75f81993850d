internal import Text

/// A request parameter: what the parser accepts and what the OpenAPI document says, in one place.
struct Field: Sendable {
  /// What values it takes.
  enum Kind: Sendable {
    case text
    /// One of some words.
    case choice([String])
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case boolean
    /// One image.
    case image
    /// A list of at most so many images.
    case images(Int)
    /// Anything, since it is not looked at.
    case anything
  }

  /// What becomes of it.
  enum Role: Sendable, Equatable {
    case required
    case optional
    /// Accepted for compatibility, without effect.
    case ignored
    /// Refused: it would change the result.
    case refused
  }

  /// A word that is known and refused.
  struct Refusal: Sendable {
    let word: String
    let reason: String
  }

  let name: String
  let kind: Kind
  var role = Role.optional
  /// One sentence for the OpenAPI document.
  let summary: String
  /// The value of a request without it.
  var defaultValue: JSON?
  /// Added to the message that refuses a value.
  var hint = ""
  /// Of an ignored parameter, the words by which nothing is asked for; nil where no value asks for
  /// anything that an image would show.
  var idleValues: [String]?
  /// Words that are known and refused, each with a reason of its own.
  var refusals: [Refusal] = []
  /// What the OpenAPI document says of its values beyond their type.
  var details: [(String, JSON)] = []

  init(
    _ name: String, _ kind: Kind, _ role: Role = .optional, _ summary: String,
    defaultValue: JSON? = nil, hint: String = "", idle: [String]? = nil,
    refusals: [Refusal] = [],
    details: [(String, JSON)] = []
  ) {
    self.name = name
    self.kind = kind
    self.role = role
    self.summary = summary
    self.defaultValue = defaultValue
    self.hint = hint
    idleValues = idle
    self.refusals = refusals
    self.details = details
  }
}

/// The value of a parameter, checked against what its `Field` allows.
enum FieldValue: Sendable {
  case text(ByteString)
  case integer(Int)
  case number(Double)
  case boolean(Bool)
  case images([EncodedImage])
}
