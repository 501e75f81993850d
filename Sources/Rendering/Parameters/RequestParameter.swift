/// A parameter of a request: its name, values, default and meaning, shared by all interfaces.
///
/// Help, completions, the manual page, the parsing of bodies, the OpenAPI document, the validation
/// of requests and the goldens' manifest are all derived from these entries. They are in
/// `RequestParameter+All.swift`; a module above may add entries of its own, as the API does for
/// HTTP-only parameters.
public struct RequestParameter: Sendable {
  /// The type and range of a parameter's values.
  public enum Kind: Sendable {
    /// Text with a number of Unicode code points in this range, without NUL.
    case text(ClosedRange<Int>)
    /// `WIDTHxHEIGHT`, with sides in the range of `RenderLimits`.
    case size
    /// A seed; -1 requests a random one.
    case seed(ClosedRange<UInt64>)
    /// An integer.
    case integer(ClosedRange<Int>)
    /// A number of images, up to the limit of `RenderLimits`.
    case imageCount
    /// A number.
    case number(ClosedRange<Double>)
    /// True or false.
    case boolean
    /// One of these words.
    case choice([String])
    /// The way in which answers hold images.
    case responseFormat
    /// The name of a served model.
    case model
    /// The name of a LoRA in the registry.
    case lora
    /// The strength of a LoRA, in the range of `RenderLimits`.
    case loraStrength
    /// A list of LoRAs with their strengths.
    case loras
    /// One image.
    case image
    /// An image of the same size as the first one.
    case mask
    /// A list of images; the range is that of its length.
    case images(ClosedRange<Int>)
    /// A file format, of those that `RenderLimits` allows.
    case outputFormat
    /// Any value; it is ignored.
    case anything
  }

  /// The value that applies if a request does not give one.
  public enum Default: Sendable, Equatable {
    case integer(Int)
    case number(Double)
    case text(String)
    case boolean(Bool)
  }

  /// The effect of a parameter.
  public enum Role: Sendable, Equatable {
    /// The parameter is required.
    case required
    /// The parameter is optional.
    case optional
    /// Accepted for compatibility, without effect. A value other than `idleWords` causes a warning;
    /// nil if no value could affect the image.
    case ignored(idleWords: [String]?)
    /// Refused, because it would change the image; an empty value is accepted.
    case refused
  }

  /// The interfaces that accept a parameter.
  public struct Surfaces: OptionSet, Sendable {
    /// The bits, one per interface.
    public let rawValue: Int

    /// Creates a set from its bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// HTTP requests that generate an image.
    public static let generation = Surfaces(rawValue: 1)
    /// HTTP requests that edit images.
    public static let edit = Surfaces(rawValue: 2)
    /// The command `generate`.
    public static let generateCommand = Surfaces(rawValue: 4)
    /// The command `edit`.
    public static let editCommand = Surfaces(rawValue: 8)
    /// The goldens' manifest.
    public static let golden = Surfaces(rawValue: 16)

    /// Both HTTP endpoints.
    public static let http: Surfaces = [.generation, .edit]
    /// Both commands.
    public static let commands: Surfaces = [.generateCommand, .editCommand]
  }

  /// The command-line option of a parameter.
  public struct CommandLineOption: Sendable {
    /// The option's name without hyphens.
    public let name: String
    /// The one-letter form, as in `-s`.
    public var letter: UInt8?
    /// The placeholder for the value in help texts.
    public let placeholder: String
    /// The description in help texts, one line.
    public let summary: String
    /// The description for `edit`, if it differs.
    public var editSummary: String?
    /// True if the option may be given more than once.
    public var isRepeatable = false
  }

  /// The name in HTTP requests and in the goldens' manifest.
  public let name: String
  /// Alternative names in HTTP requests.
  public var aliases: [String] = []
  /// The type and range of its values.
  public let kind: Kind
  /// The effect of the parameter, where the deployment does not widen it.
  public var role = Role.optional
  /// Returns whether a deployment widens the parameter: lets generations, or edits, give it, so that it is
  /// optional.
  public var isWidened: @Sendable (RenderLimits, _ isEdit: Bool) -> Bool = { _, _ in false }
  /// The interfaces that accept it.
  public let surfaces: Surfaces
  /// The command-line option; nil if there is none.
  public var option: CommandLineOption?
  /// Text that is appended to the error message for an invalid value over HTTP.
  public var hint = ""
  /// An example value; for an image, its base64.
  public var example: String?

  private let defaults: @Sendable (RenderDefaults) -> Default?
  private let description: @Sendable (RenderLimits, _ isEdit: Bool) -> String

  /// Creates a parameter whose summary depends on a deployment's limits.
  /// - Parameters:
  ///   - name: The name in HTTP requests and in the manifest.
  ///   - kind: The type and range of its values.
  ///   - surfaces: The interfaces that accept it.
  ///   - defaults: Returns the default for a model; nil if there is no fixed one.
  ///   - description: A sentence for the OpenAPI document.
  public init(
    _ name: String, _ kind: Kind, in surfaces: Surfaces,
    defaults: @escaping @Sendable (RenderDefaults) -> Default? = { _ in nil },
    description: @escaping @Sendable (RenderLimits, _ isEdit: Bool) -> String
  ) {
    self.name = name
    self.kind = kind
    self.surfaces = surfaces
    self.defaults = defaults
    self.description = description
  }

  /// Creates a parameter.
  /// - Parameters:
  ///   - name: The name in HTTP requests and in the manifest.
  ///   - kind: The type and range of its values.
  ///   - surfaces: The interfaces that accept it.
  ///   - defaultValue: The default; nil if there is no fixed one.
  ///   - summary: A sentence for the OpenAPI document.
  public init(
    _ name: String, _ kind: Kind, in surfaces: Surfaces, default defaultValue: Default? = nil,
    _ summary: String
  ) {
    self.init(
      name, kind, in: surfaces, defaults: { _ in defaultValue }, description: { _, _ in summary })
  }

  /// Returns the value that applies if a request does not give one.
  /// - Parameter model: The defaults of the model that renders.
  public func defaultValue(of model: RenderDefaults) -> Default? { defaults(model) }

  /// Returns a sentence for the OpenAPI document.
  /// - Parameters:
  ///   - limits: The limits of the deployment.
  ///   - isEdit: True for a parameter of an edit.
  public func summary(under limits: RenderLimits, isEdit: Bool) -> String {
    description(limits, isEdit)
  }
}

extension RequestParameter: Equatable {
  /// Returns true if both are the same entry.
  public static func == (first: RequestParameter, second: RequestParameter) -> Bool {
    first.name == second.name
  }
}
