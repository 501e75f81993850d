/// A parameter of a request: its name, its values, its default and its meaning, once for every surface.
///
/// Help, completions, the manual page, the reading of bodies, the OpenAPI document, the checks of a request and
/// the goldens' manifest all take them from here. The entries are in `RequestParameter+All.swift`; a module
/// above may add entries of its own, as the API does for what only HTTP has.
public struct RequestParameter: Sendable {
  /// The values that a parameter takes.
  public enum Kind: Sendable {
    /// Text of so many Unicode code points, without NUL.
    case text(ClosedRange<Int>)
    /// `WIDTHxHEIGHT`, with the sides that `RenderLimits` allows.
    case size
    /// A seed; -1 draws one.
    case seed(ClosedRange<UInt64>)
    /// An integer.
    case integer(ClosedRange<Int>)
    /// A number of images, as many as `RenderLimits` allows.
    case imageCount
    /// A number.
    case number(ClosedRange<Double>)
    /// True or false.
    case boolean
    /// One of some words.
    case choice([String])
    /// The name of a model that is served.
    case model
    /// The name of a LoRA in the registry.
    case lora
    /// One image.
    case image
    /// A list of so many images.
    case images(ClosedRange<Int>)
    /// Anything, since it is not looked at.
    case anything
  }

  /// The value of a request that does not give one.
  public enum Default: Sendable, Equatable {
    case integer(Int)
    case number(Double)
    case text(String)
    case boolean(Bool)
  }

  /// The effect of giving a parameter.
  public enum Role: Sendable, Equatable {
    /// It must be given.
    case required
    /// It may be given.
    case optional
    /// Accepted for compatibility, without effect; a value other than `idleWords` is worth a warning. Nil where
    /// no value asks for anything that an image would show.
    case ignored(idleWords: [String]?)
    /// Refused, since it would change the image; may be empty.
    case refused
  }

  /// The places where a parameter can be given.
  public struct Surfaces: OptionSet, Sendable {
    /// The bits, one for each place.
    public let rawValue: Int

    /// Makes a set of its bits.
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

    /// Both endpoints.
    public static let http: Surfaces = [.generation, .edit]
    /// Both commands.
    public static let commands: Surfaces = [.generateCommand, .editCommand]
  }

  /// A parameter as an option of the command line.
  public struct CommandLineOption: Sendable {
    /// The option without its hyphens.
    public let name: String
    /// Its one letter, as in `-s`.
    public var letter: UInt8?
    /// Stands for the value in help texts.
    public let placeholder: String
    /// One line for help texts.
    public let summary: String
    /// The same for `edit`, where it differs.
    public var editSummary: String?
    /// True if the option may be given more than once.
    public var isRepeatable = false
  }

  /// The name in HTTP requests and in the goldens' manifest.
  public let name: String
  /// Other names for the same in HTTP requests.
  public var aliases: [String] = []
  /// The values that it takes.
  public let kind: Kind
  /// The effect of giving it.
  public var role = Role.optional
  /// The places where it can be given.
  public let surfaces: Surfaces
  /// The option of the command line; nil where it is none.
  public var option: CommandLineOption?
  /// Added to the message that refuses a value over HTTP.
  public var hint = ""
  /// A value that shows what is meant; of an image, its base64.
  public var example: String?

  private let defaults: @Sendable (RenderDefaults) -> Default?
  private let description: @Sendable (RenderLimits, _ isEdit: Bool) -> String

  /// Describes a parameter whose summary depends on what a deployment allows.
  /// - Parameters:
  ///   - name: The name in HTTP requests and in the manifest.
  ///   - kind: The values that it takes.
  ///   - surfaces: The places where it can be given.
  ///   - defaults: The value of a request that does not give one, for a model; nil without a fixed one.
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

  /// Describes a parameter.
  /// - Parameters:
  ///   - name: The name in HTTP requests and in the manifest.
  ///   - kind: The values that it takes.
  ///   - surfaces: The places where it can be given.
  ///   - defaultValue: The value of a request that does not give one; nil without a fixed one.
  ///   - summary: A sentence for the OpenAPI document.
  public init(
    _ name: String, _ kind: Kind, in surfaces: Surfaces, default defaultValue: Default? = nil,
    _ summary: String
  ) {
    self.init(
      name, kind, in: surfaces, defaults: { _ in defaultValue }, description: { _, _ in summary })
  }

  /// The value of a request that does not give one.
  /// - Parameter model: The defaults of the model that renders.
  public func defaultValue(of model: RenderDefaults) -> Default? { defaults(model) }

  /// A sentence for the OpenAPI document.
  /// - Parameters:
  ///   - limits: The requests that a deployment allows.
  ///   - isEdit: True for the parameter of an edit.
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
