import Flux2
import Rendering

/// What there is to say about a model.
struct ModelReport: Encodable {
  /// One of its parts.
  struct Component: Encodable {
    let tensors: Int
    let parameters: Int
    let bytes: Int
    let configuration: [String: String]
  }

  /// What holds where a request says nothing.
  struct Defaults: Encodable {
    let steps: Int
    let guidance: Double
  }

  let modelHash: String
  let configuration: [String: String]
  let components: [String: Component]
  let parameters: Int
  let defaults: Defaults
  /// Estimated for one image of the default size without references.
  let memoryBytes: Int
  private let inspector: ModelInspector

  private enum CodingKeys: CodingKey {
    case modelHash, configuration, components, parameters, defaults, memoryBytes
  }

  init(_ inspector: ModelInspector) {
    self.inspector = inspector
    let values = { (settings: [ModelInspector.Setting]) in
      Dictionary(settings.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
    modelHash = inspector.modelHash
    configuration = values(inspector.settings)
    components = Dictionary(
      inspector.components.map {
        (
          $0.name,
          Component(
            tensors: $0.tensorCount, parameters: $0.parameterCount, bytes: $0.byteCount,
            configuration: values($0.configuration))
        )
      }, uniquingKeysWith: { first, _ in first })
    parameters = components.values.reduce(0) { $0 + $1.parameters }
    let usual = RenderDefaults.of(distilled: inspector.isDistilled)
    defaults = Defaults(steps: usual.stepCount, guidance: usual.guidanceScale)
    memoryBytes = inspector.estimatedByteCount(
      width: SizePolicy.defaultSize.width, height: SizePolicy.defaultSize.height)
  }

  /// The same for people.
  var lines: [String] {
    var lines = [Self.row("model hash", modelHash)]
    lines += inspector.settings.map { Self.row($0.name, $0.value) }
    lines.append(Self.row("default steps", "\(defaults.steps)"))
    lines.append(Self.row("default guidance", "\(defaults.guidance)"))
    for component in inspector.components {
      lines.append(
        Self.row(
          component.name,
          "\(Self.grouped(component.parameterCount)) parameters in \(component.tensorCount) tensors, "
            + ByteCount.text(component.byteCount)))
      lines += component.configuration.map { Self.row("  " + $0.name, $0.value) }
    }
    lines.append(Self.row("parameters", Self.grouped(parameters)))
    lines.append(
      Self.row("memory needed", "about \(ByteCount.text(memoryBytes)) at \(SizePolicy.defaultSize)")
    )
    return lines
  }

  /// A name and its value, in two columns.
  static func row(_ name: String, _ value: String) -> String {
    let width = 24
    return name + String(repeating: " ", count: max(2, width - name.count))
      + TerminalText.oneLine(value)
  }

  /// 3,875,544,576 rather than 3875544576.
  private static func grouped(_ number: Int) -> String {
    let digits = Array("\(number)")
    return digits.indices.map { index in
      index > 0 && (digits.count - index).isMultiple(of: 3)
        ? ",\(digits[index])" : "\(digits[index])"
    }.joined()
  }
}
