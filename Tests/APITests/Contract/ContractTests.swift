import API
import Flux2
import Foundation
import HTTP
import Rendering
import TestSupport
import Testing

/// The tables of the HTTP contract, row by row, over a real socket.
@Suite struct ContractTests {
  @Test(arguments: GenerationRules.all)
  func `section 2, parameters of generations`(_ rule: Rule) async throws {
    try await Self.check(rule)
  }

  @Test(arguments: EditRules.all)
  func `section 3, parameters of edits`(_ rule: Rule) async throws { try await Self.check(rule) }

  @Test(arguments: ImageRules.all)
  func `section 3, images`(_ rule: Rule) async throws { try await Self.check(rule) }

  @Test(arguments: ClientRules.all)
  func `section 2, what settings change for clients`(_ rule: Rule) async throws {
    try await Self.check(rule)
  }

  @Test(arguments: WarningRules.all)
  func `section 5, warnings`(_ rule: Rule) async throws { try await Self.check(rule) }

  @Test(arguments: WideningRules.all)
  func `section 10, what settings let requests ask for`(_ rule: Rule) async throws {
    try await Self.check(rule)
  }

  @Test(arguments: ErrorRules.largest)
  func `bodies as large as they may be`(_ rule: Rule) async throws { try await Self.check(rule) }

  @Test(arguments: ErrorRules.all)
  func `section 7, errors`(_ rule: ErrorRule) async throws { try await rule.check() }

  @Test func `section 7 has a rule for every code of the catalogue`() {
    #expect(Set(ErrorRules.all.map(\.code)) == Set(ErrorCode.allCases.map(\.rawValue)))
  }

  @Test(arguments: [(2, GenerationRules.all), (3, EditRules.all), (10, WideningRules.all)])
  func `the document's tables have a rule for every row`(section: Int, rules: [Rule]) throws {
    let names = try ContractDocument().rows(ofSection: section).map { row in
      row[0].components(separatedBy: ", alias ")[0].replacing("`", with: "")
    }
    #expect(!names.isEmpty)
    #expect(Set(names).subtracting(rules.map(\.row)).isEmpty)
  }

  @Test func `the document names every code that a warning may have, and no other`() throws {
    let rows = try ContractDocument().rows(ofSection: 5).filter { $0[0].hasPrefix("`") }
    let named = rows.flatMap { $0[0].components(separatedBy: ", ") }
      .map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "`")) }
    #expect(named.sorted() == RenderWarning.Code.allCases.map(\.rawValue).sorted())
  }

  @Test func `the document's catalogue is the one that is tested`() throws {
    let codes = try ContractDocument().codes()
    #expect(codes.count == ErrorRules.catalogue.count)
    for (code, status, type) in codes {
      let entry = try #require(ErrorRules.catalogue[code], "\(code)")
      #expect(entry.status == status && entry.type == type, "\(code)")
    }
  }

  private static func check(_ rule: Rule) async throws {
    let folder = try TemporaryFolder()
    let site = try TestSite {
      rule.configure(&$0)
      guard rule.storesImages else { return }
      $0.imageFolder = ImageLocation("https://images.example/made").flatMap {
        try? ImageFolder(folder.path("made"), at: $0, lifetimeSeconds: 1, secret: [1])
      }
    }
    let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: site.service)
    defer { server.stop() }
    let answer = try await ContractSocket(server).send(rule.request, token: site.token)
    let told = "\(answer.status) \(answer.text.prefix(300))"
    switch rule.outcome {
    case .draws(let holds):
      #expect(answer.status == 200, "\(told)")
      let plan = try #require(site.stub.plans.first, "nothing was rendered: \(told)")
      #expect(site.stub.plans.count == plan.imageCount)
      let drawing = Rule.Drawing(plan: plan, answer: answer)
      #expect(
        try holds(drawing),
        "\(plan.size), \(plan.request.stepCount) steps, seed \(plan.request.seed), strength \(plan.request.strength)"
      )
    case .refuses(let status, let code, let parameter):
      #expect(answer.status == status, "\(told)")
      #expect(answer.errorCode == code, "\(told)")
      #expect(answer.errorParameter == parameter, "\(told)")
      #expect(site.stub.plans.isEmpty, "it was rendered nevertheless")
      try ErrorRule.checkForm(of: answer)
    }
  }
}
