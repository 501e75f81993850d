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

  init(_ invocation: Invocation) throws(UsageError) {
    self.invocation = invocation
    threadCount =
      try invocation.integer(.threads, in: Device.threadCounts)
      ?? Machine.processorCount
  }

  /// Everything that can be wrong is found before the model is loaded.
  func run() throws {
    try checkSelection()
    var folder = try GoldenFolder(path: invocation.value(.goldens) ?? installation.goldens)
    Console.warn(folder.manifest.warnings)
    let goldens = try selected(of: folder)
    let registry = try LoRARegistry(directory: invocation.value(.loras) ?? installation.loras)
    for golden in goldens {
      _ = try folder.plan(for: golden, registry: registry, defaults: .distilled)
    }
    let model = try ModelSelection.files(
      invocation, directory: invocation.value(.model), fallback: installation.defaultModel)
    let renderer = try Renderer(model: model, threadCount: threadCount)

    let start = ContinuousClock.now
    var report = GoldenReport(goldens)
    let sheets = GoldenSheets(path: invocation.value(.output))
    for golden in goldens {
      let comparison = try folder.compare(golden, registry: registry, renderer: renderer)
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

  /// The image of before and after is there before anything is replaced.
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

  /// Recording replaces what later renders are held to, so it never happens without being named.
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
