import Flux2
import JSON
import Rendering
import Tensors

/// `iris model DIR`: prints configuration, parameter counts and memory, and checks the tensors.
struct ModelCommand {
  private let files: ModelFiles
  private let asJSON: Bool
  private let precision: PrecisionMode
  private let products: ProductChoice
  /// Threads of the comparison with float32; nil without it.
  private let checkingThreads: Int?

  init(_ invocation: Invocation) throws {
    files = try ModelLocator.files(invocation, directory: invocation.operand, fallback: nil)
    asJSON = invocation.has(.json)
    precision = try invocation.choice(.precision, of: PrecisionMode.self) ?? .auto
    products = try invocation.products()
    let threads =
      try invocation.integer(.threads, in: Device.threadCounts) ?? SystemResources.processorCount
    checkingThreads = invocation.has(.check) ? threads : nil
  }

  func run() throws {
    let inspector = try ModelInspector(files)
    let choice = inspector.precision(
      precision, memoryByteCount: SystemResources.memoryByteCount, products: products)
    Console.warn(
      ModelWarnings.about(
        indexKeys: inspector.indexKeys, repeatedKeys: inspector.repeatedKeys))
    if asJSON {
      try inspector.checkTensors()
      let report = ModelReport(
        inspector, choice, products, check: try precisionReport(choice))
      return try Console.print(report.json.text(.sorted))
    }
    // Printed before the check, since it helps to see why a check fails.
    for line in ModelReport(inspector, choice, products).lines { try Console.print(line) }
    try inspector.checkTensors()
    try Console.print(
      ModelReport.row("tensors", "complete: names and shapes are what they should be"))
    for line in try precisionReport(choice)?.lines ?? [] { try Console.print(line) }
  }

  /// Compares the chosen precision with float32, if that was asked for.
  private func precisionReport(_ choice: PrecisionChoice) throws -> PrecisionReport? {
    guard let checkingThreads, let mode = PrecisionMode(rawValue: choice.precision.rawValue)
    else { return nil }
    var display = ProgressDisplay(isQuiet: false)
    defer { display.clear() }
    return try PrecisionReport(files, mode, products, threadCount: checkingThreads) {
      display.show("comparing \($0)", share: $1)
    }
  }
}

/// The description of a model.
private struct ModelReport {
  private let inspector: ModelInspector
  /// The arithmetic of the large products on this machine, and why.
  private let precision: PrecisionChoice
  /// The provider of the large products.
  private let products: ProductChoice
  /// The comparison of the precision with float32; nil where it was not asked for.
  private let check: PrecisionReport?
  private let defaults: RenderDefaults
  /// The estimate for one image of the default size without references.
  private let memoryByteCount: Int

  init(
    _ inspector: ModelInspector, _ precision: PrecisionChoice, _ products: ProductChoice,
    check: PrecisionReport? = nil
  ) {
    self.inspector = inspector
    self.precision = precision
    self.products = products
    self.check = check
    defaults = RenderDefaults.of(distilled: inspector.isDistilled)
    memoryByteCount = inspector.estimatedByteCount(
      width: SizePolicy.defaultSize.width, height: SizePolicy.defaultSize.height,
      precision: precision.precision, preparedDirectory: Installation.cache)
  }

  private var parameterCount: Int { inspector.components.reduce(0) { $0 + $1.parameterCount } }

  /// The report as `--json` prints it.
  var json: JSONValue {
    [
      "model_hash": .string(inspector.modelHash),
      "dimensions_of": inspector.publishedName.map { .string($0) } ?? .null,
      "configuration": Self.object(inspector.settings),
      "components": .object(
        inspector.components.map { component in
          (
            component.name,
            [
              "tensors": .integer(component.tensorCount),
              "parameters": .integer(component.parameterCount),
              "bytes": .integer(component.byteCount),
              "file": .string(component.file),
              "container": .string(component.container),
              "formats": .object(
                component.formats.map { ($0.name, .integer($0.tensorCount)) }),
              "configuration": Self.object(component.configuration),
            ]
          )
        }),
      "parameters": .integer(parameterCount),
      "defaults": [
        "steps": .integer(defaults.stepCount), "guidance": .number(defaults.guidanceScale),
      ],
      "memory_bytes": .integer(memoryByteCount),
      "precision": .string(precision.precision.rawValue),
      "precision_reason": .string(precision.reason),
      "products": .string(products.provider(in: precision.precision).rawValue),
      "products_reason": .string(products.description(in: precision.precision)),
      "check": check?.json ?? .null,
    ]
  }

  private static func object(_ settings: [ModelInspector.Entry]) -> JSONValue {
    .object(settings.map { ($0.name, .string($0.value)) })
  }

  /// The same as text.
  var lines: [String] {
    var lines = [Self.row("model hash", inspector.modelHash)]
    lines.append(Self.row("dimensions of", inspector.publishedName ?? "no published model"))
    lines += inspector.settings.map { Self.row($0.name, $0.value) }
    lines.append(Self.row("default steps", "\(defaults.stepCount)"))
    lines.append(Self.row("default guidance", "\(defaults.guidanceScale)"))
    for component in inspector.components {
      lines.append(
        Self.row(
          component.name,
          "\(Self.grouped(component.parameterCount)) parameters in \(component.tensorCount) tensors, "
            + TextFormat.byteCount(component.byteCount)))
      lines.append(Self.row("  file", component.file))
      let formats = component.formats.map { "\($0.name) in \($0.tensorCount)" }
      lines.append(
        Self.row("  stored as", "\(component.container): \(formats.joined(separator: ", "))"))
      lines += component.configuration.map { Self.row("  " + $0.name, $0.value) }
    }
    lines.append(Self.row("parameters", Self.grouped(parameterCount)))
    lines.append(
      Self.row(
        "memory needed",
        "about \(TextFormat.byteCount(memoryByteCount)) at \(SizePolicy.defaultSize) in \(precision.precision)"
      )
    )
    lines.append(Self.row("precision", "\(precision.precision): \(precision.reason)"))
    lines.append(Self.row("products", products.description(in: precision.precision)))
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
