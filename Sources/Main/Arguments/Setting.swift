/// The settings of a service, in the order of `--print-config`.
///
/// A setting is an option, a variable and a key of the file: `--log-format`, `IRIS_LOG_FORMAT` and
/// `log_format`.
package enum Setting: String, Sendable, CaseIterable {
  case host
  case port
  case socket
  case socketMode = "socket-mode"
  case trustedProxies = "trusted-proxies"
  case connectionsPerAddress = "connections-per-address"
  case allowedHosts = "allowed-hosts"
  case corsOrigins = "cors-origins"
  case metricsHost = "metrics-host"
  case metricsPort = "metrics-port"
  case adminHost = "admin-host"
  case adminPort = "admin-port"
  case model
  case transformer
  case autoencoder
  case textEncoder = "text-encoder"
  case tokenizer
  case threads
  case precision
  case products
  case data
  case store
  case auth
  case price
  case currency
  case defaultRPM = "default-rpm"
  case defaultRPD = "default-rpd"
  case defaultConcurrent = "default-concurrent"
  case defaultMonthlyCap = "default-monthly-cap"
  case node
  case queue
  case deadline
  case memory
  case bodies
  case cache
  case promptCache = "prompt-cache"
  case drainWait = "drain-wait"
  case modelID = "model-id"
  case modelAliases = "model-aliases"
  case modelOptional = "model-optional"
  case modelOwner = "model-owner"
  case maxSize = "max-size"
  case maxEditSize = "max-edit-size"
  case oversize
  case loraStrengths = "lora-strengths"
  case editMode = "edit-mode"
  case masks
  case negativePrompts = "negative-prompts"
  case imagesPerRequest = "images-per-request"
  case outputFormats = "output-formats"
  case imageFolder = "image-folder"
  case imageURL = "image-url"
  case imageURLSeconds = "image-url-seconds"
  case strictBase64 = "strict-base64"
  case pngMetadata = "png-metadata"
  case pages
  case logFile = "log-file"
  case logFormat = "log-format"
  case logPrompts = "log-prompts"

  /// Its name in a configuration file.
  package var key: String { rawValue.replacing("-", with: "_") }

  /// Its name in the environment.
  package var variable: String { "IRIS_" + key.uppercased() }  // own text

  /// Its option; a switch that is on by default can only be turned off by an option.
  var option: Option {
    switch self {
    case .host: .host
    case .port: .port
    case .socket: .socket
    case .socketMode: .socketMode
    case .trustedProxies: .trustedProxies
    case .connectionsPerAddress: .connectionsPerAddress
    case .allowedHosts: .allowedHosts
    case .corsOrigins: .corsOrigins
    case .metricsHost: .metricsHost
    case .metricsPort: .metricsPort
    case .adminHost: .adminHost
    case .adminPort: .adminPort
    case .model: .model
    case .transformer: .transformer
    case .autoencoder: .autoencoder
    case .textEncoder: .textEncoder
    case .tokenizer: .tokenizer
    case .threads: .threads
    case .precision: .precision
    case .products: .products
    case .data: .data
    case .store: .store
    case .auth: .noAuth
    case .price: .price
    case .currency: .currency
    case .defaultRPM: .defaultRPM
    case .defaultRPD: .defaultRPD
    case .defaultConcurrent: .defaultConcurrent
    case .defaultMonthlyCap: .defaultMonthlyCap
    case .node: .node
    case .queue: .queue
    case .deadline: .deadline
    case .memory: .memory
    case .bodies: .bodies
    case .cache: .cache
    case .promptCache: .promptCache
    case .drainWait: .drainWait
    case .modelID: .modelID
    case .modelAliases: .modelAliases
    case .modelOptional: .modelOptional
    case .modelOwner: .modelOwner
    case .maxSize: .maxSize
    case .maxEditSize: .maxEditSize
    case .oversize: .oversize
    case .loraStrengths: .loraStrengths
    case .editMode: .editMode
    case .masks: .masks
    case .negativePrompts: .negativePrompts
    case .imagesPerRequest: .imagesPerRequest
    case .outputFormats: .outputFormats
    case .imageFolder: .imageFolder
    case .imageURL: .imageURL
    case .imageURLSeconds: .imageURLSeconds
    case .strictBase64: .strictBase64
    case .pngMetadata: .noPNGMetadata
    case .pages: .noPages
    case .logFile: .logFile
    case .logFormat: .logFormat
    case .logPrompts: .logPrompts
    }
  }

  /// True for a list: a JSON array in a file, separated by commas elsewhere.
  var isList: Bool {
    [.trustedProxies, .modelAliases, .allowedHosts, .corsOrigins, .outputFormats].contains(self)
  }

  /// The value that an option without a value stands for.
  var flagText: String? {
    switch self {
    case .auth, .pngMetadata, .pages: "false"
    case .strictBase64, .logPrompts, .modelOptional, .masks, .negativePrompts: "true"
    default: nil
    }
  }
}
