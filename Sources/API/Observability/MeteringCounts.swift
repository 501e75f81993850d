import Accounts

/// Counts what became of requests in the store.
struct MeteringCounts: Sendable {
  /// By what was decided: `admitted`, `kept`, `joined`.
  private(set) var admissions: [String: Int] = [:]
  private(set) var charges = 0
  private(set) var chargedMicroUnits: Int64 = 0
  /// By reason.
  var refunds: [String: Int] = [:]

  /// Counts a decision; refusals are counted by the error's code.
  mutating func record(_ outcome: AdmissionOutcome) {
    let decision: String
    switch outcome {
    case .admitted: decision = "admitted"
    case .replayed: decision = "kept"
    case .joined: decision = "joined"
    case .refused: return
    }
    admissions[decision, default: 0] += 1
  }

  /// Counts a finished image; one of a test key costs nothing.
  mutating func record(charge: Money) {
    charges += 1
    chargedMicroUnits += charge.microUnits
  }

  /// Adds all of it to the metrics.
  func add(to text: inout MetricsText, currency: String) {
    text.add(
      "iris_admissions_total", .counter,
      "Requests that were admitted, got a kept answer, or joined a render in progress.",
      admissions.map { (labels: ["decision": $0], value: $1) })
    text.add(
      "iris_settlements_total", .counter, "Finished images, as they are charged.", charges)
    text.add(
      "iris_refunds_total", .counter, "Admitted requests that cost nothing, by the reason.",
      refunds.map { (labels: ["reason": $0], value: $1) })
    text.add(
      "iris_charged_micro_total", .counter, "Charges, in millionths of the currency.",
      [(labels: ["currency": currency], value: Int(chargedMicroUnits))])
  }
}
