import Rendering
import Text

/// Messages about options that a command does not have.
enum OptionAdvice {
  /// The error for an option.
  /// - Parameters:
  ///   - name: The option as it was written, with its hyphens, without a value.
  ///   - command: The command that has no such option.
  static func unknown(
    _ name: [UInt8], in command: Command
  ) -> UsageError {
    let spelling = String(decoding: name.prefix(80), as: UTF8.self)
    let bare = String(decoding: name.drop { $0 == UInt8(ascii: "-") }, as: UTF8.self)
    if let hint = hint(bare, in: command) {
      return UsageError("there is no option `\(ByteString(spelling))`; \(hint)")
    }
    if Option.allCases.contains(where: { $0.spelling == spelling }) {
      return UsageError(
        "`iris \(command.rawValue)` has no option \(spelling)" + elsewhere(spelling))
    }
    let known = command.options.map(\.spelling)
    let guess = nearest(to: spelling, bare: bare, among: known)
    if let hint = misspelt(bare, guess: guess, in: command) {
      return UsageError("there is no option `\(ByteString(spelling))`; \(hint)")
    }
    var message =
      "there is no option `\(ByteString(spelling))`; "
      + (guess.map { "did you mean \($0)?" }
        ?? "`iris \(command.rawValue)` takes \(known.joined(separator: ", "))")
    if command.operand == "PROMPT", guess == nil {
      message += "; a prompt that begins with - follows --"
    }
    return UsageError(message)
  }

  private static func hint(
    _ bare: String, in command: Command
  ) -> String? {
    // An option of that name that another command has is no foreign one, unless it is a letter.
    let own = Option.allCases.first { $0.name == bare }
    guard bare.utf8.count == 1 || own == nil else {
      return own?.isForEditsOnly == true && command == .generate
        ? "`iris generate` has no option --\(bare): images are given to `iris edit`" : nil
    }
    return ForeignOption.hint(for: bare, in: command)
  }

  /// A hint about another program's option that is nearer than any of ours.
  private static func misspelt(
    _ bare: String, guess: String?, in command: Command
  ) -> String? {
    let own = guess.flatMap { Suggestion.nearest(to: "--" + bare, among: [$0]) }
    guard let foreign = Suggestion.nearest(to: bare, among: ForeignOption.longNames),
      own.map({ foreign.distance < $0.distance }) ?? (guess == nil)
    else { return nil }
    return hint(foreign.candidate, in: command)
  }

  /// The commands that have the option.
  private static func elsewhere(_ spelling: String) -> String {
    let commands = Command.allCases.filter { command in
      command.options.contains { $0.spelling == spelling }
    }
    return "; it belongs to " + commands.map { "`iris \($0.rawValue)`" }.joined(separator: ", ")
  }

  /// The one option that begins so, or the one that is spelt nearly so.
  private static func nearest(to spelling: String, bare: String, among known: [String]) -> String? {
    let longer = known.filter { $0.utf8.starts(with: ("--" + bare).utf8) }
    if bare.utf8.count > 1, longer.count == 1 { return longer[0] }
    return Suggestion.closest(to: spelling, among: known)
      ?? (bare.utf8.count > 1 ? Suggestion.closest(to: "--" + bare, among: known) : nil)
  }
}

/// Options of other programs (diffusers, sd.cpp, flux2.c, ComfyUI, curl), with the options of this one that do
/// the same.
enum ForeignOption {
  /// The advice about an option.
  enum Answer {
    /// These do it, whichever of them the command has.
    case options([Option])
    /// Nothing does; a sentence says what to do instead.
    case advice(String)
  }

  private static let prompt = Answer.advice(
    "the prompt is written without an option, as in: iris generate \"a red fox\"")

  /// By their names without hyphens in front; underscores count as hyphens.
  private static let answers: [(names: [String], answer: Answer)] = [
    (["prompt", "text", "p"], prompt),
    (["negative", "neg", "neg-prompt", "N"], .options([.negativePrompt])),
    (
      [
        "width", "height", "w", "W", "H", "resolution", "res", "dimensions", "aspect",
        "aspect-ratio",
      ],
      .options([.size])
    ),
    (
      [
        "n", "num", "number", "batch", "batch-size", "batch-count", "b", "B", "num-images",
        "repeat",
        "num-images-per-prompt", "num-outputs", "num-samples", "n-samples", "images",
      ], .options([.count])
    ),
    (
      [
        "num-inference-steps", "inference-steps", "sampling-steps", "num-steps", "sample-steps",
        "iterations",
      ], .options([.steps])
    ),
    (["cfg-scale", "cfg", "guidance-scale", "g", "scale", "C"], .options([.guidance])),
    (
      [
        "init-image", "init-img", "input", "input-image", "i", "I", "ref-image", "reference", "r",
        "source", "img", "photo",
      ], .options([.image])
    ),
    (
      [
        "out", "outfile", "output-file", "out-file", "save", "save-as", "save-path", "O",
        "output-path",
        "o", "outdir", "output-dir",
      ], .options([.output])
    ),
    (["rng-seed", "random-seed", "S"], .options([.seed])),
    (["denoise", "denoising-strength", "img2img-strength"], .options([.strength])),
    (["lora-scale", "lora-weight", "lora-alpha"], .options([.loraStrength])),
    (["lora-path", "lora-name", "lora-model-dir", "adapter"], .options([.lora])),
    (
      ["d", "dir", "model-path", "model-dir", "ckpt", "checkpoint", "model-name-or-path", "repo"],
      .options([.model])
    ),
    (["diffusion-model", "unet", "dit"], .options([.transformer])),
    (["vae", "ae"], .options([.autoencoder])),
    (["llm", "qwen", "clip", "clip-l", "t5xxl"], .options([.textEncoder])),
    (["nthreads", "n-threads", "num-threads", "j", "jobs"], .options([.threads])),
    (["blas", "openblas", "onednn", "mkldnn", "matmul"], .options([.products])),
    (["silent", "no-progress"], .options([.quiet])),
    (["display", "preview", "view"], .options([.show])),
    (["metadata", "params", "recreate", "repeat-from"], .options([.from])),
    (["p", "listen-port"], .options([.port])),
    (["listen", "bind", "address", "ip"], .options([.host])),
    (["settings", "c", "config-file"], .options([.config])),
    (
      ["api-key", "key", "token", "api-keys"],
      .advice("keys are made by `iris keys create` and sent by clients")
    ),
    (
      ["sampling-method", "sampler", "scheduler", "schedule"],
      .advice("there is one schedule, the model's own")
    ),
    (
      ["device", "gpu", "cuda", "fp16", "bf16", "dtype", "backend"],
      .advice("everything is computed on the processor, in the weights' own precision")
    ),
    (
      ["format", "output-format", "f"],
      .advice("the ending of --output says it: .png, .jpg or .webp")
    ),
    (
      ["verbose", "v", "debug"],
      .advice("progress is shown anyway; `iris version` prints the version")
    ),
    (["version", "V"], .advice("`iris version` prints the version")),
    (
      ["overwrite", "force", "y"],
      .advice("a file named by --output is replaced without being asked")
    ),
    (["mask-image", "mask-file", "inpaint"], .options([.mask])),
    (
      ["upscale", "upscale-model", "hires"],
      .advice("images are not enlarged; --size goes to \(SizePolicy.sides.upperBound)")
    ),
  ]

  /// Returns advice on an option of another program or command; nil if the option is unknown.
  static func hint(for name: String, in command: Command) -> String? {
    let folded = fold(name)
    for (names, answer) in answers where names.contains(folded) {
      switch answer {
      case .advice(let sentence):
        return sentence
      case .options(let options):
        if let option = options.first(where: { command.options.contains($0) }) {
          let value = command.placeholder(of: option).map { " " + $0 } ?? ""
          return "did you mean \(option.spelling)\(value)?"
        }
        // An option that `generate` lacks may be one of `edit`.
        if command == .generate, options == [.image] {
          return "images are given to `iris edit`, as in: \(HelpText.synopsis(of: .edit))"
        }
      }
    }
    return nil
  }

  /// The names that a slip of the finger still lets one recognize.
  static var longNames: [String] {
    answers.flatMap(\.names).filter { $0.utf8.count > 3 }
  }

  /// Capitals count in names of one letter only.
  private static func fold(_ name: String) -> String {
    let bytes = name.utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }
    guard bytes.count > 1 else { return String(decoding: bytes, as: UTF8.self) }
    let folded = bytes.map(\.asciiLowercase)
    return String(decoding: folded, as: UTF8.self)
  }
}
