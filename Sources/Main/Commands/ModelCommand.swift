import Flux2
import Rendering

/// `iris model DIR`: prints configuration, parameter counts and memory, and checks the tensors.
struct ModelCommand {
  private let files: ModelFiles
  private let asJSON: Bool

  init(_ invocation: Invocation) throws {
    files = try ModelLocator.files(invocation, directory: invocation.operand, fallback: nil)
    asJSON = invocation.has(.json)
  }

  func run() throws {
    let inspector = try ModelInspector(files)
    Console.warn(
      ModelWarnings.about(
        indexKeys: inspector.indexKeys, repeatedKeys: inspector.repeatedKeys))
    if asJSON {
      try inspector.checkTensors()
      try Console.print(TextFormat.json(ModelReport(inspector)))
      return
    }
    // Printed before the check, since it helps to see why a check fails.
    for line in ModelReport(inspector).lines { try Console.print(line) }
    try inspector.checkTensors()
    try Console.print(
      ModelReport.row("tensors", "complete: names and shapes are what they should be"))
  }
}

/// The description of a model.
private struct ModelReport: Encodable {
  /// One component of the model.
  struct Component: Encodable {
    let tensors: Int
    let parameters: Int
    let bytes: Int
    let configuration: [String: String]
  }

  /// The defaults of a request.
  struct Defaults: Encodable {
    let steps: Int
    let guidance: Double
  }

  let modelHash: String
  let configuration: [String: String]
  let components: [String: Component]
  let parameters: Int
  let defaults: Defaults
  /// The estimate for one image of the default size without references.
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

  /// The same as text.
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
            + TextFormat.byteCount(component.byteCount)))
      lines += component.configuration.map { Self.row("  " + $0.name, $0.value) }
    }
    lines.append(Self.row("parameters", Self.grouped(parameters)))
    lines.append(
      Self.row(
        "memory needed", "about \(TextFormat.byteCount(memoryBytes)) at \(SizePolicy.defaultSize)")
    )
    return lines
  }

  /// A name and its value, in two columns.
  static func row(_ name: String, _ value: String) -> String {
    let width = 24
    return name + String(repeating: " ", count: max(2, width - name.count))
      + TextFormat.singleLine(value)
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
