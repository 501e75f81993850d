import Foundation
import Rendering
import Text

/// Reads the LoRAs of `iris generate` and `iris edit` from the command line: `--lora NAME`, `--lora FILE`, each
/// with `=STRENGTH` or, for a single one, with `--lora-strength`.
struct LoRAArguments {
  private let invocation: Invocation
  private let registry: LoRARegistry
  private static let strengths = RenderArguments.limits.loraStrengths

  /// - Parameter registry: The LoRAs that are known by name.
  init(_ invocation: Invocation, registry: LoRARegistry) {
    self.invocation = invocation
    self.registry = registry
  }

  /// Adds the LoRAs to a request.
  /// - Parameter recorded: Has the LoRAs where the command line names none.
  func add(to request: inout RenderRequest, recorded: RecordedParameters?) throws(UsageError) {
    let strength = try invocation.number(.loraStrength, in: RequestParameter.loraStrengths)
    var loras: [RequestedLoRA] = []
    for text in invocation.values(.lora) { loras.append(try requested(text)) }
    if let given = loras.first(where: { $0.strength != nil }), strength != nil {
      throw UsageError(
        "\(Option.loraStrength.spelling) is for a LoRA without a strength of its own, and "
          + "`\(ByteString(name(of: given)))` has one")
    }
    if loras.isEmpty, let recorded { loras = try recorded.loras(registry: registry) }
    guard loras.count > 1 else {
      request.lora = loras.first?.selection ?? .none
      request.loraStrength = strength ?? loras.first?.strength
      return
    }
    guard strength == nil else {
      throw UsageError(
        "\(Option.loraStrength.spelling) is for a single LoRA; with \(loras.count), give each its own, "
          + "as in \(Option.lora.spelling) \(ByteString(name(of: loras[0])))=0.6")
    }
    request.loras = loras
  }

  /// Reads one value; a name or file that has a `=` itself takes precedence.
  private func requested(_ text: String) throws(UsageError) -> RequestedLoRA {
    let bytes = Array(text.utf8)
    guard !registry.offers(text), !FileManager.default.fileExists(atPath: text),
      let equals = bytes.lastIndex(of: UInt8(ascii: "="))
    else { return RequestedLoRA(selection(text)) }
    let strength = String(decoding: bytes[(equals + 1)...], as: UTF8.self)
    guard let strength = Double(strength), Self.strengths.contains(strength) else {
      throw invocation.rejected(
        text, .lora,
        "a LoRA, or a LoRA=STRENGTH with a number from \(RequestParameter.text(Self.strengths))")
    }
    return RequestedLoRA(
      selection(String(decoding: bytes[..<equals], as: UTF8.self)), strength: strength)
  }

  /// A registered name takes precedence; otherwise an existing file, or what looks like a path.
  private func selection(_ text: String) -> LoRASelection {
    guard !registry.offers(text) else { return .name(text) }
    let isFile =
      text.utf8.contains(UInt8(ascii: "/"))
      || text.utf8.suffix(12).elementsEqual(".safetensors".utf8)
      || FileManager.default.fileExists(atPath: text)
    return isFile ? .file(text) : .name(text)
  }

  private func name(of lora: RequestedLoRA) -> String {
    switch lora.selection {
    case .name(let name): name
    case .file(let path): path
    }
  }
}
