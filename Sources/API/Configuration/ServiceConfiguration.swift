public import Rendering

/// How a deployment answers; every property has the default of production.
public struct ServiceConfiguration: Sendable {
  /// The name by which requests ask for the model.
  public var modelID = "epithre-iris"
  /// Other names by which requests may ask for it.
  public var modelAliases: [String] = []
  /// Whether requests may leave out which model they want.
  public var isModelOptional = false
  /// Who owns the model, for `/v1/models`.
  public var modelOwner = "epithre"
  /// What the model is, for people.
  public var modelDescription = "Text to image, image editing and combination of several images"
  /// When the model was made, in seconds since 1970; the default is the start of 2026.
  public var modelCreated = 1_767_225_600
  /// What a request may ask for.
  public var limits = RenderLimits(
    side: SizePolicy.minimumSide...960,
    editSide: SizePolicy.minimumSide...SizePolicy.longestEditSide, allowsEmptyPrompt: false)
  /// Whether images may only be plain base64, without a `data:` prefix.
  public var requiresPlainBase64 = false
  /// Whether images carry what made them.
  public var writesPNGMetadata = true
  /// Seconds from the acceptance of a request to the end of its render.
  public var renderDeadlineSeconds = 600.0
  /// Bytes that accepted requests may take for their images, and renders for their work, altogether.
  public var memoryBytes = 8 << 30
  /// Bytes of a generation's body.
  public var generationBodyBytes = 1 << 20
  /// Bytes of an edit's body.
  public var editBodyBytes = 50 << 20
  /// Seconds between signs of life in a stream.
  public var pingSeconds = 10.0
  /// Seconds between `102 Processing` for clients that understand it.
  public var processingSeconds = 15.0
  /// Whose word is taken for where a request comes from and what it is called.
  public var trustedProxies = TrustedProxies.none
  /// The web pages of elsewhere that may use the service.
  public var crossOrigins = CrossOrigins.none
  /// The hosts, beside those of loopback, under which a service without keys may be asked.
  public var allowedHosts: [String] = []
  /// Whether the log may hold prompts.
  public var logsPrompts = false

  /// The defaults.
  public init() {}
}

/// The endpoints that render.
enum Endpoint: String, CaseIterable, Sendable {
  case generations
  case edits

  var path: String { "/v1/images/\(rawValue)" }

  /// What the types of its events begin with.
  var eventPrefix: String { self == .edits ? "image_edit" : "image_generation" }
}
