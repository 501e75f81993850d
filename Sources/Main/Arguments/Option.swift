import API
import Flux2
import HTTP
import Imaging
import Rendering
import Tensors

/// An option of the command line: one entry for each, whichever commands have it.
package struct Option: Sendable {
  /// The option without its hyphens.
  package let name: String
  /// Its one letter, as in `-o`; nil for most.
  package let letter: UInt8?
  /// Stands for the value in help texts; nil for options without one.
  let placeholder: String?
  /// One line for help texts.
  let summary: String
  /// The same for `edit`, where it differs.
  let editSummary: String?
  /// True if the option may be given more than once.
  let isRepeatable: Bool
  /// The interfaces of the request parameter that it gives; empty for other options.
  let surfaces: RequestParameter.Surfaces

  /// Describes an option.
  init(
    _ name: String, letter: Character? = nil, _ placeholder: String?, _ summary: String
  ) {
    self.name = name
    self.letter = letter?.asciiValue
    self.placeholder = placeholder
    self.summary = summary
    editSummary = nil
    isRepeatable = false
    surfaces = []
  }

  /// Describes an option without a value.
  init(_ name: String, letter: Character? = nil, _ summary: String) {
    self.init(name, letter: letter, nil, summary)
  }

  /// The option that gives a parameter of a request.
  private init(_ parameter: RequestParameter) {
    guard let option = parameter.option else {
      preconditionFailure("\(parameter.name) is no option")
    }
    name = option.name
    letter = option.letter
    placeholder = option.placeholder
    summary = option.summary
    editSummary = option.editSummary
    isRepeatable = option.isRepeatable
    surfaces = parameter.surfaces
  }

  /// True if `edit` has the option and `generate` has not.
  var isForEditsOnly: Bool {
    surfaces.contains(.editCommand) && !surfaces.contains(.generateCommand)
  }

  /// The option as it is written.
  package var spelling: String { "--" + name }

  /// The option as it is written in one letter.
  var shortSpelling: String? { letter.map { "-" + String(UnicodeScalar($0)) } }

  /// Every way to write it, the short one first.
  var spellings: [String] { [shortSpelling, spelling].compactMap { $0 } }
}

extension Option: Hashable {
  /// Returns true if both are the same entry.
  package static func == (first: Option, second: Option) -> Bool { first.name == second.name }

  /// Hashes the name.
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Option: CaseIterable {
  /// The options of all commands.
  package static let allCases = requests + program + administration + service

  /// Parameters of a request, in the order help shows them.
  static let requests: [Option] = [
    .image, .editMode, .strength, .mask, .size, .seed, .count, .steps, .guidance, .negativePrompt,
    .lora, .loraStrength, .quality,
  ]
  /// Files, output and keys.
  private static let program: [Option] = [
    .output, .from, .show, .model, .transformer, .autoencoder, .textEncoder, .tokenizer,
    .goldens, .all, .loras, .threads, .precision, .products, .check, .name, .test,
    .shape, .format, .outliers, .runs, .json, .quiet, .help,
  ]
  /// Settings of the service.
  private static let service: [Option] = [
    .host, .port, .socket, .socketMode, .trustedProxies, .connectionsPerAddress, .allowedHosts,
    .corsOrigins, .metricsHost, .metricsPort, .adminHost, .adminPort, .data, .store, .noAuth,
    .price, .currency,
    .defaultRPM, .defaultRPD, .defaultConcurrent, .defaultMonthlyCap, .node, .queue, .deadline,
    .memory,
    .bodies, .cache, .promptCache, .drainWait, .modelID, .modelAliases, .modelOptional, .modelOwner,
    .maxSize,
    .maxEditSize, .oversize, .loraStrengths, .masks, .negativePrompts, .imagesPerRequest,
    .outputFormats, .imageFolder, .imageURL, .imageURLSeconds, .strictBase64, .noPNGMetadata,
    .noPages, .logFile, .logFormat, .logPrompts,
    .config, .printConfig,
  ]
}

/// Parameters of a request, whose names, ranges and defaults are those of the table.
extension Option {
  package static let image = Option(.images)
  package static let editMode = Option(.editMode)
  package static let strength = Option(.strength)
  package static let mask = Option(.mask)
  package static let size = Option(.size)
  package static let seed = Option(.seed)
  package static let count = Option(.imageCount)
  package static let steps = Option(.stepCount)
  package static let guidance = Option(.guidanceScale)
  package static let negativePrompt = Option(.negativePrompt)
  package static let lora = Option(.lora)
  package static let loraStrength = Option(.loraStrength)
  package static let quality = Option(.outputCompression)
}

/// Files, output and keys.
extension Option {
  package static let output = Option(
    "output", letter: "o", "FILE",
    "a .png, .jpg or .webp; - is a PNG on standard output, {seed} and {index} differ (default iris-SEED.png)"
  )
  package static let from = Option(
    "from", "FILE",
    "an image that Iris made: its prompt and options hold where none are given")
  package static let show = Option(
    "show",
    "draw the image in the terminal, where it can (kitty, iTerm2, sixel)")
  package static let model = Option(
    "model", letter: "m", "DIR",
    "a model directory (default models/iris-tiny)")
  package static let transformer = Option(
    "transformer", "FILE",
    "a transformer in one file, safetensors or GGUF; in place of the one of --model, or of all of it"
  )
  package static let autoencoder = Option(
    "autoencoder", "FILE", "an autoencoder in one file, likewise")
  package static let textEncoder = Option(
    "text-encoder", "FILE", "a text encoder in one file, likewise")
  package static let tokenizer = Option("tokenizer", "DIR", "the folder of the tokenizer, likewise")
  package static let goldens = Option(
    "goldens", "DIR",
    "the folder of manifest.json, images/ and references (default goldens)")
  package static let all = Option("all", "every golden of the manifest")
  package static let loras = Option(
    "loras", "DIR", "the folder of the LoRA registry (default loras)")
  package static let threads = Option(
    "threads", letter: "t", "N",
    "threads that compute, \(Setting.threads.rangeText) (default all cores); they never change the image"
  )
  package static let precision = Option(
    "precision", words(PrecisionMode.self),
    "how the large products are computed (\(Setting.precision.defaultText): by processor, model and memory)"
  )
  package static let products = Option(
    "products", words(ProductProvider.self),
    "what multiplies the large matrices (\(Setting.products.defaultText): iris, or a library for instructions it lacks)"
  )
  package static let check = Option(
    "check", "compare the precision with float32, layer by layer and as a whole")
  package static let name = Option("name", "NAME", "what to call the key")
  package static let test = Option("test", "a key whose requests cost nothing")
  package static let shape = Option(
    "shape", words(ModelShape.self),
    "the dimensions of the model")
  package static let format = Option(
    "format", words(FabricationFormat.self),
    "the form of the matrices (default bfloat16); the others as quantised files have them")
  package static let outliers = Option(
    "outliers", "LIST",
    "factors of planted outlier channels, as 30,100, or none (default \(defaultOutliers))")
  package static let runs = Option(
    "runs", "N",
    "renders, \(RequestParameter.text(CommandDefaults.benchRunCounts)) (default \(CommandDefaults.benchRunCount))"
  )
  package static let json = Option("json", "print one JSON object, for each image one on a line")
  package static let quiet = Option("quiet", letter: "q", "show no progress")
  package static let help = Option("help", letter: "h", "show this help")
}

extension Option {
  private static let defaultOutliers = ModelFabricator.defaultOutlierFactors
    .map { "\($0)" }.joined(separator: ",")
}

/// Settings of the service.
extension Option {
  package static let host = Option(
    "host", "HOST", "the address to listen at (\(Setting.host.defaultText))")
  package static let port = Option(
    "port", "N",
    "the port to listen at, \(Setting.port.rangeText) (\(Setting.port.defaultText)); 0 takes a free one"
  )
  package static let socket = Option(
    "socket", "PATH",
    "a unix socket to listen at, instead of host and port")
  package static let socketMode = Option(
    "socket-mode", "MODE",
    "who may connect to the socket, as chmod has it (\(Setting.socketMode.defaultText))")
  package static let trustedProxies = Option(
    "trusted-proxies", "LIST",
    "addresses, blocks or unix, whose X-Forwarded-For and x-request-id count (\(Setting.trustedProxies.defaultText))"
  )
  package static let connectionsPerAddress = Option(
    "connections-per-address", "N",
    "connections of one address, 1 to \(ServerConfiguration().maxConnections), or 0 for any number "
      + "(\(Setting.connectionsPerAddress.defaultText); 0 behind a proxy)")
  package static let allowedHosts = Option(
    "allowed-hosts", "LIST",
    "hosts beside localhost that may be asked without keys (\(Setting.allowedHosts.defaultText))")
  package static let corsOrigins = Option(
    "cors-origins", "LIST",
    "web pages of elsewhere that may use it, as https://app.example, or * (\(Setting.corsOrigins.defaultText))"
  )
  package static let metricsHost = Option(
    "metrics-host", "HOST",
    "the address for /metrics (\(Setting.metricsHost.defaultText))")
  package static let metricsPort = Option(
    "metrics-port", "N",
    "the port for /metrics, \(Setting.metricsPort.rangeText) (\(Setting.metricsPort.defaultText)); 0 takes a free one"
  )
  package static let adminHost = Option(
    "admin-host", "HOST",
    "the address for the administration (\(Setting.adminHost.defaultText))")
  package static let adminPort = Option(
    "admin-port", "N",
    "a port for the administration of accounts and keys, \(Setting.adminPort.rangeText) (\(Setting.adminPort.defaultText)); 0 takes a free one"
  )
  package static let data = Option(
    "data", "DIR",
    "where accounts and keys are kept (default $XDG_DATA_HOME/iris or ~/.local/share/iris)")
  package static let store = Option(
    "store", "URL",
    "the PostgreSQL database that nodes share, postgresql://USER@HOST/DATABASE (default SQLite in the data directory)"
  )
  package static let noAuth = Option(
    "no-auth",
    "ask for no keys; only on a loopback address or a unix socket")
  package static let price = Option(
    "price", "AMOUNT",
    "what a finished image costs, of the currency (\(Setting.price.defaultText)); 0 charges nothing"
  )
  package static let currency = Option(
    "currency", "CODE", "the currency of prices and credit (\(Setting.currency.defaultText))")
  package static let defaultRPM = Option(
    "default-rpm", "N",
    "requests a minute of the first key, \(Setting.defaultRPM.rangeText) (\(Setting.defaultRPM.defaultText))"
  )
  package static let defaultRPD = Option(
    "default-rpd", "N",
    "requests a day of the first key, \(Setting.defaultRPD.rangeText) (\(Setting.defaultRPD.defaultText))"
  )
  package static let defaultConcurrent = Option(
    "default-concurrent", "N",
    "requests at once of the first key, \(Setting.defaultConcurrent.rangeText) (\(Setting.defaultConcurrent.defaultText))"
  )
  package static let defaultMonthlyCap = Option(
    "default-monthly-cap", "AMOUNT",
    "what the first key may spend in a month (\(Setting.defaultMonthlyCap.defaultText))")
  package static let node = Option(
    "node", "NAME",
    "what this process is called in the store (default host name and address)")
  package static let queue = Option(
    "queue", "N",
    "requests that may wait, \(Setting.queue.rangeText) (\(Setting.queue.defaultText))")
  package static let deadline = Option(
    "deadline", "SECONDS",
    "seconds from a request to its image, \(Setting.deadline.rangeText) (\(Setting.deadline.defaultText))"
  )
  package static let memory = Option(
    "memory", "MB",
    "megabytes for images and renders, \(Setting.memory.minimumText) (default half of what there is)"
  )
  package static let bodies = Option(
    "bodies", "MB",
    "megabytes for requests' bodies, \(Setting.bodies.minimumText) (\(Setting.bodies.defaultText), less if memory is)"
  )
  package static let cache = Option(
    "cache", "MB",
    "megabytes for prompts and references that come again, or 0 (\(Setting.cache.defaultText), or less)"
  )
  package static let promptCache = Option(
    "prompt-cache", "MB",
    "megabytes on disk for prompts of large models, or 0 (\(Setting.promptCache.defaultText))")
  package static let drainWait = Option(
    "drain-wait", "SECONDS",
    "seconds not to be ready before no one is let in, \(Setting.drainWait.rangeText) (\(Setting.drainWait.defaultText))"
  )
  package static let modelID = Option(
    "model-id", "NAME",
    "what requests call the model (\(Setting.modelID.defaultText))")
  package static let modelAliases = Option(
    "model-aliases", "LIST",
    "other names of it, as NAME,NAME=TARGET, for clients that fix theirs (\(Setting.modelAliases.defaultText))"
  )
  package static let modelOptional = Option("model-optional", "render requests that name no model")
  package static let modelOwner = Option(
    "model-owner", "NAME",
    "whose model it is, for /v1/models (\(Setting.modelOwner.defaultText))")
  package static let maxSize = Option(
    "max-size", "WxH",
    "the largest size of a generation, \(Setting.maxSize.rangeText) (\(Setting.maxSize.defaultText))"
  )
  package static let maxEditSize = Option(
    "max-edit-size", "WxH",
    "the largest size of an edit, \(Setting.maxEditSize.rangeText) (\(Setting.maxEditSize.defaultText))"
  )
  package static let oversize = Option(
    "oversize", words(RenderLimits.Oversize.self),
    "what to do with requests for more: scale it down, or refuse (\(Setting.oversize.defaultText))")
  package static let loraStrengths = Option(
    "lora-strengths", "MIN:MAX",
    "the strengths that a LoRA may be asked for, within \(RequestParameter.text(RequestParameter.possibleLoRAStrengths)) (\(Setting.loraStrengths.defaultText))"
  )
  package static let masks = Option("masks", "let edits have a mask of what is repainted")
  package static let negativePrompts = Option(
    "negative-prompts", "let requests say what the image is not to show")
  package static let imagesPerRequest = Option(
    "images-per-request", "N",
    "images that a request may ask for, \(Setting.imagesPerRequest.rangeText) (\(Setting.imagesPerRequest.defaultText))"
  )
  package static let outputFormats = Option(
    "output-formats", "LIST",
    "formats of images that requests may ask for, of \(OutputFormat.allCases.map(\.rawValue).joined(separator: ", ")) (\(Setting.outputFormats.defaultText))"
  )
  package static let imageFolder = Option(
    "image-folder", "DIR",
    "where images are kept whose URLs requests may ask for (\(Setting.imageFolder.defaultText))")
  package static let imageURL = Option(
    "image-url", "URL",
    "the base URL of that folder, as https://images.example/made (\(Setting.imageURL.defaultText))"
  )
  package static let imageURLSeconds = Option(
    "image-url-seconds", "SECONDS",
    "seconds for which such a URL is valid, \(Setting.imageURLSeconds.rangeText) (\(Setting.imageURLSeconds.defaultText))"
  )
  package static let strictBase64 = Option(
    "strict-base64", "refuse data: URIs, take plain base64 only")
  package static let noPNGMetadata = Option("no-png-metadata", "leave out of images what made them")
  package static let noPages = Option(
    "no-pages", "serve no pages for browsers, neither the playground nor the dashboard")
  package static let logFile = Option(
    "log-file", "FILE",
    "a file for the log, opened again at SIGHUP and SIGUSR1 (default stderr)")
  package static let logFormat = Option(
    "log-format", words(AccessLog.Format.self),
    "how the lines of the log look (\(Setting.logFormat.defaultText))")
  package static let logPrompts = Option("log-prompts", "write prompts into the log")
  package static let config = Option(
    "config", "FILE",
    "a JSON file of settings, and of models if there are several; options and IRIS_… variables come before it"
  )
  package static let printConfig = Option(
    "print-config",
    "show each setting with where it came from, and end")

  /// The words of a choice, as a placeholder.
  private static func words<Choice: RawRepresentable<String> & CaseIterable>(
    _ type: Choice.Type
  ) -> String { type.allCases.map(\.rawValue).joined(separator: "|") }
}

/// The values of an option, for completion, taken from its placeholder in help texts.
enum OptionValue: Equatable {
  /// The name of a file.
  case file
  /// The name of a folder.
  case folder
  /// One of a few words.
  case choice([String])
  /// Anything else.
  case other

  /// Understands a placeholder: `FILE`, `DIR`, `json|text`; capitals stand for something.
  init(placeholder: String) {
    let words = placeholder.utf8.split(separator: UInt8(ascii: "|")).map { String(Substring($0)) }
    if words.contains("FILE") {
      self = .file
    } else if words.contains("DIR") {
      self = .folder
    } else if words.count > 1,
      words.allSatisfy({ !$0.utf8.contains { (0x41...0x5A).contains($0) } })
    {
      self = .choice(words)
    } else {
      self = .other
    }
  }
}
