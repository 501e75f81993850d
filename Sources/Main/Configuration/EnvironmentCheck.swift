package import Rendering
import Text

/// Finds `IRIS_` environment variables that have no effect, such as misspelt ones.
package enum EnvironmentCheck {
  private static let prefix = Array("IRIS_".utf8)
  /// Known variables that are no settings: of the program, its tests, the training and the examples.
  private static let others = [
    "IRIS_CONFIG", "IRIS_HOME", "IRIS_ISA", "IRIS_KEY", "IRIS_COMMIT",
    "IRIS_TEST_PYTHON", "IRIS_TEST_CLIENTS", "IRIS_TORCH_PYTHON", "IRIS_FUZZ_RUNS",
    "IRIS_MUTATIONS", "IRIS_KILL_ROUNDS", "IRIS_TRAINING_PAUSE",
  ]
  private static let instructionSets = ["avx512", "avx2", "portable"]

  /// Warnings about an environment.
  package static func warnings(_ environment: [String: String]) -> [RenderWarning] {
    let known = Setting.allCases.map(\.variable) + others
    let strange = environment.filter { name, value in
      !value.isEmpty && name.utf8.starts(with: prefix) && !isOfOrchestrator(name)
        && !known.contains { $0.utf8.elementsEqual(name.utf8) }
    }
    var warnings = strange.keys.sorted().map { name in
      let guess = Suggestion.closest(to: name, among: known)
      return RenderWarning(
        .unknownVariable,
        "the variable \(ByteString(name)) has no effect: there is no setting of that name"
          + (guess.map { "; did you mean \($0)?" } ?? ""))
    }
    if let set = environment["IRIS_ISA"], !set.isEmpty, !instructionSets.contains(set) {
      warnings.append(
        RenderWarning(
          .unknownVariable,
          "IRIS_ISA is `\(ByteString(set))`; it can be \(instructionSets.joined(separator: ", "))"))
    }
    return warnings
  }

  /// Returns whether Kubernetes, or Docker for a link, sets the variable in every container beside a
  /// service called iris.
  private static func isOfOrchestrator(_ name: String) -> Bool {
    let parts = name.utf8.split(separator: UInt8(ascii: "_")).map { String($0) ?? "" }
    return parts.contains("SERVICE") && (parts.contains("HOST") || parts.contains("PORT"))
      || parts.contains("PORT") && (parts.contains("TCP") || parts.contains("UDP"))
  }
}
