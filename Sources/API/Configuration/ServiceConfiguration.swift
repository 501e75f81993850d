/// The settings of a service; the defaults are those of production.
public struct ServiceConfiguration: Sendable {
  /// The model that requests without one get, and whose loading makes the service ready.
  public var model = ModelConfiguration()
  /// The models beside it.
  public var otherModels: [ModelConfiguration] = []
  /// Lets requests leave out the model.
  public var isModelOptional = false
  /// Where images lie whose URLs answers may have; nil if they have none.
  public var imageFolder: ImageFolder?
  /// Refuses data URIs: images must be plain base64.
  public var requiresPlainBase64 = false
  /// Writes the parameters of a render into its image file.
  public var writesPNGMetadata = true
  /// Seconds from the acceptance of a request to the end of its render.
  public var renderDeadlineSeconds = 600.0
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

  /// All models, the one that requests without a model get first.
  var models: [ModelConfiguration] { [model] + otherModels }

  /// The names of all models.
  var modelNames: [String] { models.flatMap(\.names) }
}

/// The endpoints that render.
enum Endpoint: String, CaseIterable, Sendable {
  case generations
  case edits

  var path: String { "/v1/images/\(rawValue)" }

  /// The prefix of the types of its events.
  var eventPrefix: String { self == .edits ? "image_edit" : "image_generation" }
}
