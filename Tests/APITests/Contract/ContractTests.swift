import API
import Foundation
import HTTP
import Rendering
import Testing

/// The tables of the HTTP contract, row by row, over a real socket.
@Suite("The HTTP contract")
struct ContractTests {
  @Test("Section 2, parameters of generations", arguments: GenerationRules.all)
  func generations(_ rule: Rule) async throws { try await Self.check(rule) }

  @Test("Section 3, parameters of edits", arguments: EditRules.all)
  func edits(_ rule: Rule) async throws { try await Self.check(rule) }

  @Test("Section 3, images", arguments: ImageRules.all)
  func images(_ rule: Rule) async throws { try await Self.check(rule) }

  @Test("Section 2, what settings change for clients", arguments: ClientRules.all)
  func clients(_ rule: Rule) async throws { try await Self.check(rule) }

  @Test("Section 5, warnings", arguments: WarningRules.all)
  func warnings(_ rule: Rule) async throws { try await Self.check(rule) }

  @Test("Bodies as large as they may be", arguments: ErrorRules.largest)
  func bodies(_ rule: Rule) async throws { try await Self.check(rule) }

  @Test("Section 7, errors", arguments: ErrorRules.all)
  func errors(_ rule: ErrorRule) async throws { try await rule.check() }

  @Test("Section 7 has a rule for every code of the catalogue")
  func everyCode() {
    #expect(Set(ErrorRules.all.map(\.code)) == Set(ErrorCode.allCases.map(\.rawValue)))
  }

  @Test("The document's tables have a rule for every row", arguments: [2, 3])
  func everyRow(section: Int) throws {
    let rules = section == 2 ? GenerationRules.all : EditRules.all
    let names = try ContractDocument().rows(ofSection: section).map { row in
      row[0].components(separatedBy: ", alias ")[0]
    }
    #expect(!names.isEmpty)
    #expect(Set(names).subtracting(rules.map(\.row)).isEmpty)
  }

  @Test("The document names every code that a warning may have, and no other")
  func everyWarning() throws {
    let rows = try ContractDocument().rows(ofSection: 5).filter { $0[0].hasPrefix("`") }
    let named = rows.flatMap { $0[0].components(separatedBy: ", ") }
      .map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "`")) }
    #expect(named.sorted() == RenderWarning.Code.allCases.map(\.rawValue).sorted())
  }

  @Test("The document's catalogue is the one that is tested")
  func catalogue() throws {
    let codes = try ContractDocument().codes()
    #expect(codes.count == ErrorRules.catalogue.count)
    for (code, status, type) in codes {
      let entry = try #require(ErrorRules.catalogue[code], "\(code)")
      #expect(entry.status == status && entry.type == type, "\(code)")
    }
  }

  private static func check(_ rule: Rule) async throws {
    let site = try TestSite(configure: rule.configure)
    let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: site.service)
    defer { server.stop() }
    let answer = try await ContractSocket(server).send(rule.request, token: site.token)
    let told = "\(answer.status) \(answer.text.prefix(300))"
    switch rule.outcome {
    case .draws(let holds):
      #expect(answer.status == 200, "\(told)")
      let plan = try #require(site.stub.plans.first, "nothing was rendered: \(told)")
      #expect(site.stub.plans.count == 1)
      let drawing = Rule.Drawing(plan: plan, answer: answer)
      #expect(
        try holds(drawing),
        "\(plan.size), \(plan.stepCount) steps, seed \(plan.seed), strength \(plan.strength)")
    case .refuses(let status, let code, let parameter):
      #expect(answer.status == status, "\(told)")
      #expect(answer.errorCode == code, "\(told)")
      #expect(answer.errorParameter == parameter, "\(told)")
      #expect(site.stub.plans.isEmpty, "it was rendered nevertheless")
      try ErrorRule.checkForm(of: answer)
    }
  }
}
