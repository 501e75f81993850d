public import Accounts
public import Rendering

/// The settings of a service; the defaults are those of production.
public struct ServiceConfiguration: Sendable {
  /// The name by which requests ask for the model.
  public var modelID = "epithre-iris"
  /// Other names by which requests may ask for it.
  public var modelAliases: [String] = []
  /// Lets requests leave out the model.
  public var isModelOptional = false
  /// The owner of the model, for `/v1/models`.
  public var modelOwner = "epithre"
  /// A description of the model, for people.
  public var modelDescription = "Text to image, image editing and combination of several images"
  /// The time at which the model was made, in seconds since 1970; the default is the start of 2026.
  public var modelCreated = 1_767_225_600
  /// The ranges of the parameters.
  public var limits = RenderLimits(
    side: SizePolicy.minimumSide...960,
    editSide: SizePolicy.minimumSide...SizePolicy.longestEditSide, allowsEmptyPrompt: false)
  /// Where images lie whose URLs answers may have; nil if they have none.
  public var imageFolder: ImageFolder?
  /// Refuses data URIs: images must be plain base64.
  public var requiresPlainBase64 = false
  /// Writes the parameters of a render into its image file.
  public var writesPNGMetadata = true
  /// Seconds from the acceptance of a request to the end of its render.
  public var renderDeadlineSeconds = 600.0
  /// The price of an image; test keys pay nothing.
  public var price = Money(microUnits: 5000)
  /// The currency of prices and credit, for metrics.
  public var currency = "USD"
  /// Seconds for which a finished render waits for a store that fails.
  public var settlementSeconds = 60.0
  /// Bytes that the images of accepted requests and the activations of renders may take together.
  public var memoryBytes = 8 << 30
  /// The most bytes of a generation's body.
  public var generationBodyBytes = 1 << 20
  /// The most bytes of an edit's body.
  public var editBodyBytes = 50 << 20
  /// Seconds between the comments that keep a stream alive.
  public var pingSeconds = 10.0
  /// Seconds between interim responses `102 Processing`, for clients that cope with them.
  public var processingSeconds = 15.0
  /// The proxies that are believed about a client's address and a request's id.
  public var trustedProxies = TrustedProxies.none
  /// The other origins whose web pages may use the service.
  public var crossOrigins = CrossOrigins.none
  /// The hosts, beside those of loopback, that requests to a service without keys may name.
  public var allowedHosts: [String] = []
  /// Serves pages for browsers.
  public var servesPages = true
  /// Writes prompts to the log.
  public var logsPrompts = false

  /// The defaults.
  public init() {}
}

/// The endpoints that render.
enum Endpoint: String, CaseIterable, Sendable {
  case generations
  case edits

  var path: String { "/v1/images/\(rawValue)" }

  /// The prefix of the types of its events.
  var eventPrefix: String { self == .edits ? "image_edit" : "image_generation" }
}
