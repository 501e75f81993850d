import Rendering

/// What the golden commands say: a line for each golden and one at the end.
struct GoldenReport {
  private let width: Int
  private var counts = (total: 0, exact: 0, recorded: 0, approved: 0)
  private var failures: [String] = []

  /// Aligns the lines of these goldens.
  init(_ goldens: [Golden]) { width = goldens.map(\.id.count).max() ?? 0 }

  /// The line of a golden that was checked.
  /// - Parameters:
  ///   - comparison: How it compares.
  ///   - sheet: Where the images of a failure are.
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

  /// The line of a golden that was to be recorded.
  /// - Parameters:
  ///   - comparison: How it compares with the recording it had.
  ///   - sheet: Where the images of before and after are; nil if no image was replaced.
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

  /// What was done altogether.
  func summary(seconds: Double) -> String {
    let time = Seconds.text(seconds)
    let changes = [(counts.recorded, "recorded"), (counts.approved, "approved")]
      .filter { $0.0 > 0 }.map { "\($0.0) of \(counts.total) \($0.1)" }
    guard changes.isEmpty else { return (changes + [time]).joined(separator: ", ") }
    return "\(counts.total - failures.count) of \(counts.total) as recorded, "
      + "\(counts.exact) of them exactly, \(time)"
  }

  /// What the program ends with; nil if nothing failed.
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
