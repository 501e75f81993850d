import API
import Rendering
import Testing

/// A rule of the HTTP contract, and a request that shows whether it holds.
struct Rule: Sendable, CustomTestStringConvertible {
  /// The plan of an accepted request, and the response to it.
  struct Drawing {
    let plan: RenderPlan
    let answer: TestAnswer
  }

  /// The result that the request must have.
  enum Outcome: Sendable {
    /// One image, of which this holds.
    case draws(@Sendable (Drawing) throws -> Bool)
    /// A refusal.
    case refuses(Int, String, parameter: String?)
  }

  /// The row of the contract's table.
  let row: String
  /// The rule in words.
  let name: String
  let request: ContractRequest
  let outcome: Outcome
  /// Changes the service's configuration.
  var configure: @Sendable (inout ServiceConfiguration) -> Void = { _ in }
  /// True for a service that has a folder of images.
  var storesImages = false

  var testDescription: String { "\(row): \(name)" }
}

extension Rule {
  typealias Holds = @Sendable (Drawing) throws -> Bool
  private static let refused = "invalid_request_error"

  /// A generation in JSON that is let in.
  static func draws(
    _ row: String, _ name: String, _ members: String, where holds: @escaping Holds = { _ in true }
  ) -> Rule {
    Rule(row: row, name: name, request: .generation(members), outcome: .draws(holds))
  }

  /// A generation in JSON that is refused.
  static func refuses(
    _ row: String, _ name: String, _ members: String, _ parameter: String?, code: String = refused
  ) -> Rule {
    Rule(
      row: row, name: name, request: .generation(members),
      outcome: .refuses(400, code, parameter: parameter))
  }

  /// An edit in JSON that is let in.
  static func edits(
    _ row: String, _ name: String, _ members: String, where holds: @escaping Holds = { _ in true }
  ) -> Rule {
    Rule(row: row, name: name, request: .edit(members), outcome: .draws(holds))
  }

  /// An edit in JSON that is refused.
  static func refusesEdit(
    _ row: String, _ name: String, _ members: String, _ parameter: String?, code: String = refused
  ) -> Rule {
    Rule(
      row: row, name: name, request: .edit(members),
      outcome: .refuses(400, code, parameter: parameter))
  }

  /// An edit as a form that is let in.
  static func forms(
    _ row: String, _ name: String, where holds: @escaping Holds = { _ in true },
    _ parts: @escaping @Sendable () throws -> [TestForm.Part]
  ) -> Rule {
    Rule(row: row, name: name, request: .form(parts), outcome: .draws(holds))
  }

  /// An edit as a form that is refused.
  static func refusesForm(
    _ row: String, _ name: String, _ parameter: String?, code: String = refused,
    _ parts: @escaping @Sendable () throws -> [TestForm.Part]
  ) -> Rule {
    Rule(
      row: row, name: name, request: .form(parts),
      outcome: .refuses(400, code, parameter: parameter))
  }

  /// The same rule in a service that is set up otherwise.
  func when(_ configure: @escaping @Sendable (inout ServiceConfiguration) -> Void) -> Rule {
    var rule = self
    rule.configure = configure
    return rule
  }

  /// The same rule in a service that has a folder of images.
  var whereImagesAreStored: Rule {
    var rule = self
    rule.storesImages = true
    return rule
  }

  /// The same rule for a body that comes in chunks.
  var inChunks: Rule {
    var request = request
    request.isChunked = true
    return Rule(
      row: row, name: "\(name), in chunks", request: request, outcome: outcome,
      configure: configure, storesImages: storesImages)
  }
}
