internal import Rendering
internal import Text

/// The parameters of an endpoint.
struct FieldTable: Sendable {
  /// The integers that JSON's numbers hold exactly.
  private static let largestSeed = (1 << 53) - 1

  let fields: [Field]
  private let byName: [ByteString: Field]
  /// The parameters that only edits have, where this is no table of edits.
  private let editNames: Set<ByteString>

  init(_ fields: [Field], foreign: [Field] = []) {
    self.fields = fields
    editNames = Set(foreign.map { ByteString($0.name) })
    byName = Dictionary(
      fields.map { (ByteString($0.name), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The parameter of this name.
  subscript(name: ByteString) -> Field? { byName[name] }

  /// Whether it is a parameter of edits alone, which clients with one type for both send as null.
  func isOfEdits(_ name: ByteString) -> Bool { editNames.contains(name) }

  /// What an endpoint accepts.
  /// - Parameters:
  ///   - loras: The LoRAs that may be named.
  ///   - defaults: What holds where a request says nothing.
  init(
    for endpoint: Endpoint, _ configuration: ServiceConfiguration, loras: LoRARegistry,
    defaults: RenderDefaults
  ) {
    let edits = Self.editFields(configuration.limits)
    self.init(
      Self.describedFields(endpoint, configuration)
        + Self.renderFields(configuration.limits, loras, defaults)
        + (endpoint == .edits ? edits : []) + Self.deliveryFields + Self.compatibilityFields,
      foreign: endpoint == .edits ? [] : edits)
  }

  private static func describedFields(
    _ endpoint: Endpoint, _ configuration: ServiceConfiguration
  ) -> [Field] {
    let limits = configuration.limits
    let side = endpoint == .edits ? limits.editSide : limits.side
    let standard =
      endpoint == .edits ? "the first image's size, scaled down" : "\(limits.ownSize(of: nil))"
    let larger = limits.oversize == .scale ? "; a larger one is scaled down" : ""
    return [
      Field(
        "model", .choice([configuration.modelID] + configuration.modelAliases),
        configuration.isModelOptional ? .optional : .required, "The model that renders.",
        defaultValue: configuration.isModelOptional ? .string(configuration.modelID) : nil),
      Field(
        "prompt", .text, .required,
        "What to draw, 1 to \(limits.promptLength) Unicode code points without NUL.",
        details: [
          ("minLength", 1), ("maxLength", .integer(limits.promptLength)),
          ("pattern", "^[^\\u0000]*$"), ("examples", ["a red fox on a beach"]),
        ]),
      Field(
        "size", .text, .optional,
        "`WIDTHxHEIGHT`, each side \(side.lowerBound) to \(side.upperBound), rounded down to a "
          + "multiple of 16\(larger); `auto`, empty or absent: \(standard).",
        details: [("pattern", "^([0-9]+[xX×][0-9]+|auto|)$"), ("examples", ["256x256"])]),
    ]
  }

  private static func renderFields(
    _ limits: RenderLimits, _ loras: LoRARegistry, _ defaults: RenderDefaults
  ) -> [Field] {
    [
      Field(
        "num_steps", .integer(limits.stepCount), .optional, "Denoising steps.",
        defaultValue: .integer(defaults.stepCount)),
      Field(
        "num_inference_steps", .integer(limits.stepCount), .optional, "The same as `num_steps`."),
      Field(
        "seed", .integer(-1...largestSeed), .optional,
        "Decides the noise; -1 draws one, which the answer tells.", defaultValue: -1),
      Field(
        "guidance_scale", .number(limits.guidanceScale), .optional,
        "Above 1, a second pass with the empty prompt sharpens the prompt's effect.",
        defaultValue: .number(defaults.guidanceScale)),
      Field(
        "lora", .choice(loras.names), .optional, "The LoRA to add.",
        defaultValue: .string(LoRARegistry.none),
        refusals: loras.unusable.map { .init(word: $0.name, reason: $0.error.message) }),
      Field(
        "lora_strength", .number(limits.loraStrength), .optional,
        "How much of the LoRA is added; absent, what its registry says, usually 0.6."),
    ]
  }

  /// An image of one pixel.
  private static let smallestPNG =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC"

  private static func editFields(_ limits: RenderLimits) -> [Field] {
    [
      Field(
        "image", .image, .optional, "The one image to change; instead of `images`.",
        details: [("examples", [.string(smallestPNG)])]),
      Field(
        "images", .images(limits.referenceCount), .optional,
        "1 to \(limits.referenceCount) images that the prompt refers to; instead of `image`."),
      Field(
        "strength", .number(limits.strength), .optional,
        "How far the edit of a single image goes from it; no effect with several.",
        defaultValue: .number(0.75)),
    ]
  }

  private static let deliveryFields = [
    Field("n", .integer(1...1), .optional, "Images; always one.", defaultValue: 1),
    Field(
      "response_format", .choice(["b64_json"]), .optional, "How the image comes.",
      defaultValue: "b64_json", hint: "; images are not stored, so that there is no `url`"),
    Field("stream", .boolean, .optional, "Whether to answer with events.", defaultValue: false),
    Field(
      "partial_images", .integer(0...3), .optional,
      "Previews in a stream, as far as the steps allow.", defaultValue: 0),
  ]

  private static let compatibilityFields =
    ["user", "safety_identifier", "moderation"].map {
      Field($0, .anything, .ignored, "Accepted, without effect.")
    }
    + [
      ("quality", ["auto", "standard"]), ("complexity", ["auto"]), ("style", []),
      ("input_fidelity", ["low"]),
      ("output_compression", ["100"]),
    ].map {
      Field(
        $0, .anything, .ignored, "Accepted, without effect but a warning.", idle: $1)
    } + [
      Field(
        "background", .choice(["opaque", "auto"]), .optional, "Always opaque.",
        defaultValue: "opaque", hint: "; transparency is not supported"),
      Field(
        "output_format", .choice(["png"]), .optional, "Always PNG.", defaultValue: "png",
        hint: "; other formats are not supported"),
    ] + refusedFields

  /// What would change the image, but does not exist here; null and nothing are taken for their absence.
  private static let refusedFields = [
    ("mask", "masks are not supported"), ("markup", "markup is not supported"),
    ("negative_prompt", "negative prompts are not supported"),
    ("frame_count", "animations are not supported"),
    ("frame_duration_ms", "animations are not supported"), ("svg", "SVG is not supported"),
  ].map { Field($0, .anything, .refused, "Not supported; may be empty.", hint: $1) }
}
