import Flux2

/// Ranges and defaults that do not belong to a type of their own.
extension RequestParameter {
  /// Lengths of a prompt in Unicode code points.
  public static let promptLengths = 1...2000
  /// Numbers of denoising steps.
  public static let stepCounts = PipelineRequest.stepCounts
  /// Seeds; integers that a double, and so any JSON parser, represents exactly.
  public static let seeds: ClosedRange<UInt64> = 0...((1 << 53) - 1)
  /// The value that requests a random seed.
  public static let randomSeed = -1
  /// Classifier-free guidance scales.
  public static let guidanceScales = PipelineRequest.guidanceScales
  /// The name that stands for no LoRA.
  public static let noLoRA = "none"
  /// The strength of a LoRA without a default in the registry.
  public static let defaultLoRAStrength = 0.6
  /// Strengths of a LoRA, unless a deployment allows others.
  public static let loraStrengths: ClosedRange<Double> = 0...1.5
  /// The strengths that a deployment may allow; greater ones destroy any image.
  public static let possibleLoRAStrengths: ClosedRange<Double> = -10...10
  /// The largest number of LoRAs; each costs time in every layer that it changes.
  public static let loraLimit = 8
  /// Numbers of reference images of an edit.
  public static let referenceCounts = 1...PipelineRequest.referenceLimit
  /// Strengths of an edit.
  public static let strengths = PipelineRequest.strengths
  /// The default strength of an edit.
  public static let defaultStrength = 0.75
}

extension RequestParameter {
  /// Every parameter of a request, in the order of the OpenAPI document.
  public static let all = [
    prompt, size, stepCount, seed, guidanceScale, lora, loraStrength, loras, image, images,
    strength, editMode, imageCount, outputFormat, outputCompression, negativePrompt, mask,
  ]

  /// The text to draw, or the change to make.
  public static let prompt = {
    var entry = RequestParameter(
      "prompt", .text(promptLengths), in: [.http, .commands, .golden],
      "What to draw, \(text(promptLengths)) Unicode code points without NUL.")
    entry.role = .required
    entry.example = "a red fox on a beach"
    return entry
  }()

  /// The size of the image.
  public static let size = {
    var entry = RequestParameter("size", .size, in: [.http, .commands, .golden]) {
      limits, isEdit in
      let sides = isEdit ? limits.editSide : limits.side
      let own = isEdit ? "the first image's size, scaled down" : "\(limits.ownSize(of: nil))"
      let larger = limits.oversize == .scale ? "; a larger one is scaled down" : ""
      return "`WIDTHxHEIGHT`, each side \(text(sides)), rounded down to a multiple of "
        + "\(SizePolicy.multiple)\(larger); `auto`, empty or absent: \(own)."
    }
    let sides =
      "sides of \(text(RenderLimits.commandLine.side)) pixels, rounded down to \(SizePolicy.multiple)"
    entry.option = CommandLineOption(
      name: "size", placeholder: "WxH", summary: "\(sides) (default \(SizePolicy.defaultSize))",
      editSummary: "\(sides) (default as the first image)")
    entry.example = "256x256"
    return entry
  }()

  /// The number of denoising steps.
  public static let stepCount = {
    var entry = RequestParameter(
      "num_steps", .integer(stepCounts), in: [.http, .commands, .golden],
      defaults: { .integer($0.stepCount) }, description: { _, _ in "Denoising steps." })
    entry.aliases = ["num_inference_steps"]
    entry.option = CommandLineOption(
      name: "steps", placeholder: "N",
      summary: "denoising steps, \(text(stepCounts)) (\(defaultText(\.stepCount)))")
    return entry
  }()

  /// The seed of the noise.
  public static let seed = {
    var entry = RequestParameter(
      "seed", .seed(seeds), in: [.http, .commands, .golden], default: .integer(randomSeed),
      "Decides the noise; \(randomSeed) draws one, which the answer tells.")
    entry.option = CommandLineOption(
      name: "seed", letter: UInt8(ascii: "s"), placeholder: "N",
      summary:
        "\(text(seeds)), or \(randomSeed) for a random one (the default); each makes an image",
      isRepeatable: true)
    return entry
  }()

  /// The classifier-free guidance scale.
  public static let guidanceScale = {
    var entry = RequestParameter(
      "guidance_scale", .number(guidanceScales), in: [.http, .commands, .golden],
      defaults: { .number($0.guidanceScale) },
      description: { _, _ in
        "Above 1, a second pass with the negative or empty prompt sharpens the prompt's effect."
      })
    entry.option = CommandLineOption(
      name: "guidance", placeholder: "G",
      summary:
        "\(text(guidanceScales)) (\(defaultText(\.guidanceScale))); above 1 takes twice as long")
    return entry
  }()

  /// What the image is not to show.
  public static let negativePrompt = {
    var entry = RequestParameter(
      "negative_prompt", .text(0...promptLengths.upperBound), in: [.http, .commands],
      description: { limits, _ in
        limits.allowsNegativePrompt
          ? "What the image is not to show; it takes a guidance above 1."
          : "Not supported; may be empty."
      })
    entry.role = .refused
    entry.hint = "negative prompts are not supported"
    entry.isWidened = { limits, _ in limits.allowsNegativePrompt }
    entry.option = CommandLineOption(
      name: "negative-prompt", placeholder: "TEXT",
      summary: "what not to show, with a guidance above 1 (default nothing in particular)")
    return entry
  }()

  /// The LoRA to add.
  public static let lora = {
    var entry = RequestParameter(
      "lora", .lora, in: [.http, .commands, .golden], default: .text(noLoRA),
      "The LoRA to add.")
    entry.option = CommandLineOption(
      name: "lora", letter: UInt8(ascii: "l"), placeholder: "NAME|FILE",
      summary:
        "a LoRA by its name in loras/registry.json, or a file (default \(noLoRA)); with =S its strength, "
        + "\(text(possibleLoRAStrengths)); up to \(loraLimit) times",
      isRepeatable: true)
    return entry
  }()

  /// The strength of the LoRA.
  public static let loraStrength = {
    var entry = RequestParameter(
      "lora_strength", .loraStrength, in: [.http, .commands, .golden],
      "How much of the LoRA is added; absent, what its registry says, usually "
        + "\(defaultLoRAStrength).")
    entry.option = CommandLineOption(
      name: "lora-strength", placeholder: "S",
      summary: "how much of a single one, \(text(loraStrengths)) "
        + "(default as registered, else \(defaultLoRAStrength))")
    return entry
  }()

  /// Several LoRAs.
  public static let loras = RequestParameter(
    "loras", .loras, in: .http,
    "Up to \(loraLimit) LoRAs to add, each with a strength of its own; instead of `lora`.")
}

extension RequestParameter {
  /// Describes a range, as in `1 to 50` and `0 to 1.5`.
  public static func text<Bound: Comparable>(_ range: ClosedRange<Bound>) -> String {
    text(range, separator: " to ")
  }

  /// Describes a range with something else than `to` between its ends.
  public static func text<Bound: Comparable>(
    _ range: ClosedRange<Bound>, separator: String
  ) -> String {
    text(range.lowerBound) + separator + text(range.upperBound)
  }

  /// Formats 20.0 as `20`.
  private static func text<Bound>(_ bound: Bound) -> String {
    (bound as? Double).flatMap { Int(exactly: $0) }.map { "\($0)" } ?? "\(bound)"
  }

  /// Describes the defaults of both kinds of model.
  private static func defaultText(_ value: (RenderDefaults) -> some Any) -> String {
    "default \(text(value(.distilled))), of a base model \(text(value(.base)))"
  }
}
