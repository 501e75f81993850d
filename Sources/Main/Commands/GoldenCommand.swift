import Flux2
import Foundation
import Rendering
import Tensors
import Text

/// `iris golden check` and `iris golden record`.
struct GoldenCommand {
  private let invocation: Invocation
  private let installation = Installation()
  private let threadCount: Int
  private let precision: PrecisionMode
  private let products: ProductChoice

  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    threadCount =
      try invocation.integer(.threads, in: Device.threadCounts)
      ?? SystemResources.processorCount
    precision = try invocation.choice(.precision, of: PrecisionMode.self) ?? .float32
    products = try invocation.products(otherwise: .iris)
  }

  /// Checks all input before the model is loaded.
  func run() throws {
    try checkSelection()
    var folder = try GoldenFolder(path: invocation.value(.goldens) ?? installation.goldens)
    Console.warn(folder.manifest.warnings)
    let goldens = try selected(of: folder)
    let registry = try LoRARegistry(directory: invocation.value(.loras) ?? installation.loras)
    for golden in goldens {
      _ = try folder.plan(for: golden, registry: registry, defaults: .distilled)
    }
    let model = try ModelLocator.files(
      invocation, directory: invocation.value(.model), fallback: installation.defaultModel)
    let renderer = try Renderer(
      model: model, threadCount: threadCount, products: products, precision: precision,
      memoryByteCount: SystemResources.memoryByteCount)
    let fitting = renderer.fitting(registry)
    let start = ContinuousClock.now
    var report = GoldenReport(goldens)
    let sheets = GoldenSheets(path: invocation.value(.output))
    for golden in goldens {
      let comparison = try folder.compare(golden, registry: fitting, renderer: renderer)
      if invocation.command == .goldenCheck {
        try check(comparison, sheets: sheets, report: &report)
      } else {
        try record(comparison, in: &folder, sheets: sheets, report: &report)
      }
    }
    try Console.print(report.summary(seconds: start.duration(to: .now) / .seconds(1)))
    if let failure = report.failure { throw CommandFailure(failure) }
  }

  private func check(
    _ comparison: GoldenComparison, sheets: GoldenSheets, report: inout GoldenReport
  ) throws {
    var sheet: String?
    if case .failed = comparison.verdict { sheet = try sheets.write(comparison) }
    try Console.print(report.line(checking: comparison, sheet: sheet))
  }

  /// Writes the comparison sheet before the recorded image is replaced.
  private func record(
    _ comparison: GoldenComparison, in folder: inout GoldenFolder, sheets: GoldenSheets,
    report: inout GoldenReport
  ) throws {
    var sheet: String?
    switch comparison.recording {
    case .nothing: break
    case .approval: try folder.record(comparison)
    case .image:
      sheet = try sheets.write(comparison)
      try folder.record(comparison)
    }
    try Console.print(report.line(recording: comparison, sheet: sheet))
  }

  /// Recording replaces the reference of later checks, so it must be asked for by name or `--all`.
  private func checkSelection() throws(UsageError) {
    guard invocation.command == .goldenRecord else { return }
    let ids = invocation.operands
    guard !ids.isEmpty || invocation.has(.all) else {
      throw UsageError("`iris golden record` needs the IDs of what to record, or --all")
    }
    guard ids.isEmpty || !invocation.has(.all) else {
      throw UsageError("--all and `\(ids[0])` exclude each other")
    }
  }

  private func selected(of folder: GoldenFolder) throws(UsageError) -> [Golden] {
    let goldens = folder.manifest.goldens
    for id in invocation.operands where folder.manifest.golden(id) == nil {
      let guess = Suggestion.closest(to: id, among: goldens.map(\.id))
      throw UsageError(
        "there is no golden `\(ByteString(id))`; "
          + (guess.map { "did you mean `\($0)`?" } ?? "\(folder.path)/manifest.json lists them"))
    }
    let ids = Set(invocation.operands)
    return ids.isEmpty ? goldens : goldens.filter { ids.contains($0.id) }
  }
}

/// The output of the golden commands: a line for each golden and a summary.
private struct GoldenReport {
  private let width: Int
  private var counts = (total: 0, exact: 0, recorded: 0, approved: 0)
  private var failures: [String] = []

  /// Aligns the columns for these goldens.
  init(_ goldens: [Golden]) { width = goldens.map(\.id.count).max() ?? 0 }

  /// The line for a checked golden.
  /// - Parameters:
  ///   - comparison: Its comparison with the recording.
  ///   - sheet: The path of the comparison sheet of a failure.
  mutating func line(checking comparison: GoldenComparison, sheet: String?) -> String {
    counts.total += 1
    switch comparison.verdict {
    case .exact:
      counts.exact += 1
      return row(comparison, "exact")
    case .withinTolerance: return row(comparison, "within tolerance")
    case .failed(let reason):
      failures.append(comparison.golden.id)
      return row(comparison, "FAILED: \(reason); see \(sheet ?? "?")")
    }
  }

  /// The line for a recorded golden.
  /// - Parameters:
  ///   - comparison: Its comparison with the previous recording.
  ///   - sheet: The path of the comparison sheet; nil if no image was replaced.
  mutating func line(recording comparison: GoldenComparison, sheet: String?) -> String {
    counts.total += 1
    switch comparison.recording {
    case .nothing:
      counts.exact += 1
      return row(comparison, "unchanged")
    case .approval:
      counts.approved += 1
      return row(comparison, "approved on \(comparison.instructionSet)")
    case .image:
      counts.recorded += 1
      return row(
        comparison, (comparison.recorded == nil ? "new: " : "recorded: ") + (sheet ?? "?"))
    }
  }

  /// The last line.
  func summary(seconds: Double) -> String {
    let time = TextFormat.duration(seconds)
    let changes = [(counts.recorded, "recorded"), (counts.approved, "approved")]
      .filter { $0.0 > 0 }.map { "\($0.0) of \(counts.total) \($0.1)" }
    guard changes.isEmpty else { return (changes + [time]).joined(separator: ", ") }
    return "\(counts.total - failures.count) of \(counts.total) as recorded, "
      + "\(counts.exact) of them exactly, \(time)"
  }

  /// The error message that ends the program; nil if nothing failed.
  var failure: String? {
    failures.isEmpty
      ? nil
      : "\(failures.count) of \(counts.total) goldens failed: \(failures.joined(separator: ", "))"
  }

  private func row(_ comparison: GoldenComparison, _ verdict: String) -> String {
    let id = comparison.golden.id
    let figures = comparison.difference.map { difference in
      "worst " + padded("\(difference.maximum)", 3) + "  PSNR "
        + padded(psnr(difference), 5) + " dB"
    }
    return id + String(repeating: " ", count: max(0, width - id.count)) + "  "
      + (figures ?? "worst   -  PSNR     - dB") + "  " + verdict
  }

  private func psnr(_ difference: ImageDifference) -> String {
    guard difference.psnr.isFinite else { return "inf" }
    let tenths = Int((difference.psnr * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
