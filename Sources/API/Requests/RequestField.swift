import Imaging
import JSON
import Rendering
import Text

/// A parameter as one endpoint of a deployment takes it: the ranges and words of its entry in the table, worked
/// out.
struct RequestField: Sendable {
  /// The values that it takes.
  enum Kind: Sendable {
    case text(ClosedRange<Int>)
    case size
    /// One of some words.
    case choice([String])
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case boolean
    /// One image.
    case image
    /// An image that is as large as the first one.
    case mask
    /// A list of so many images.
    case images(ClosedRange<Int>)
    /// A list of LoRAs by these names, each with a strength or its own.
    case loras([String], ClosedRange<Double>)
    /// Anything, since it is not looked at.
    case anything
  }

  /// A word that is known and refused.
  struct Refusal: Sendable {
    let word: String
    let reason: String
  }

  /// The name, which is the entry's or an alias.
  let name: String
  /// The entry.
  let parameter: RequestParameter
  let kind: Kind
  let role: RequestParameter.Role
  /// A sentence for the OpenAPI document.
  let summary: String
  /// The value of a request without it.
  let defaultValue: JSONValue?
  /// Words that are known and refused, each with a reason of its own.
  let refusals: [Refusal]
}

extension RequestField {
  /// Works out an entry.
  init(
    _ parameter: RequestParameter, of endpoint: Endpoint, _ service: ServiceConfiguration,
    _ model: ModelConfiguration, loras: LoRARegistry, defaults: RenderDefaults
  ) {
    let isServedModel = parameter == .model && service.isModelOptional
    let fixedDefault: JSONValue? =
      isServedModel
      ? .string(service.model.id)
      : parameter == .editMode ? .string(model.limits.editMode.rawValue) : nil
    name = parameter.name
    self.parameter = parameter
    role =
      isServedModel || parameter.isWidened(model.limits, endpoint == .edits)
      ? .optional : parameter.role
    kind = role.isRead ? Kind(parameter.kind, service, model.limits, loras) : .anything
    summary = parameter.summary(under: model.limits, isEdit: endpoint == .edits)
    defaultValue =
      fixedDefault
      ?? (role.isRead ? parameter.defaultValue(of: defaults).map { JSONValue($0) } : nil)
    refusals = Self.refusals(of: parameter, service, loras)
  }

  private static func refusals(
    of parameter: RequestParameter, _ service: ServiceConfiguration, _ loras: LoRARegistry
  ) -> [Refusal] {
    switch parameter {
    case .lora, .loras:
      return loras.unusable.map { Refusal(word: $0.name, reason: $0.error.message) }
    case .responseFormat where service.imageFolder == nil:
      return [
        Refusal(
          word: ResponseFormat.url.rawValue,
          reason: "images are not stored, so that there is no `url`; \(parameter.name) is "
            + "`\(ResponseFormat.base64.rawValue)`")
      ]
    default: return []
    }
  }

  /// The same parameter under another name.
  private init(alias: String, of field: RequestField) {
    name = alias
    parameter = field.parameter
    kind = field.kind
    role = .optional
    summary = "The same as `\(field.name)`."
    defaultValue = nil
    refusals = field.refusals
  }

  /// The same parameter under its other names.
  var aliases: [RequestField] { parameter.aliases.map { RequestField(alias: $0, of: self) } }
}

extension RequestParameter.Role {
  /// True if values are read, not only refused or passed over.
  var isRead: Bool {
    switch self {
    case .required, .optional: true
    case .ignored, .refused: false
    }
  }
}

extension RequestField.Kind {
  fileprivate init(
    _ kind: RequestParameter.Kind, _ service: ServiceConfiguration, _ limits: RenderLimits,
    _ loras: LoRARegistry
  ) {
    self =
      switch kind {
      case .text(let lengths): .text(lengths)
      case .size: .size
      case .seed(let seeds):
        .integer(RequestParameter.randomSeed...Int(clamping: seeds.upperBound))
      case .integer(let range): .integer(range)
      case .imageCount: .integer(limits.imageCounts)
      case .number(let range): .number(range)
      case .boolean: .boolean
      case .choice(let words): .choice(words)
      case .responseFormat:
        .choice(
          ResponseFormat.allCases.filter { $0 == .base64 || service.imageFolder != nil }
            .map(\.rawValue))
      case .model: .choice(service.modelNames)
      case .lora: .choice(loras.names)
      case .loraStrength: .number(limits.loraStrengths)
      case .loras:
        .loras(Array(loras.names.dropFirst()), limits.loraStrengths)
      case .image: .image
      case .mask: .mask
      case .images(let counts): .images(counts)
      case .outputFormat: .choice(limits.outputFormats.map(\.rawValue))
      case .anything: .anything
      }
  }
}

extension JSONValue {
  fileprivate init(_ value: RequestParameter.Default) {
    self =
      switch value {
      case .integer(let integer): .integer(integer)
      case .number(let number): .number(number)
      case .text(let text): .string(text)
      case .boolean(let boolean): .boolean(boolean)
      }
  }
}

/// The value of a parameter, checked against what its `RequestField` allows.
enum FieldValue: Sendable {
  case text(ByteString)
  case integer(Int)
  case number(Double)
  case boolean(Bool)
  case images([EncodedImage])
  case loras([RequestedLoRA])
}
