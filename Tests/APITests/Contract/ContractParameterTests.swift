import API
import Foundation
import Rendering
import Testing

/// The tables of sections 2 and 3 of the contract, held against the table of parameters.
@Suite struct ContractParameterTests {
  private let document: ContractDocument

  init() throws { document = try ContractDocument() }

  /// The rows of a section by the names that they are about.
  private func rows(ofSection number: Int) throws -> [String: String] {
    var rows: [String: String] = [:]
    for cells in try document.rows(ofSection: number) {
      let names = cells[0].replacingOccurrences(of: "alias ", with: "")
      for name in names.components(separatedBy: ", ") {
        rows[name] = cells.dropFirst().joined(separator: " | ")
      }
    }
    return rows
  }

  @Test func `every row is about a parameter, and the edits' are about those of edits`() throws {
    let known = Set(RequestParameter.http.flatMap { [$0.name] + $0.aliases })
    #expect(Set(try rows(ofSection: 2).keys).subtracting(known).isEmpty)
    let foreign = RequestParameter.http.filter { !$0.surfaces.contains(.generation) }.map(\.name)
    #expect(Set(try rows(ofSection: 3).keys) == Set(foreign + [RequestParameter.size.name]))
  }

  @Test(arguments: RequestParameter.http.filter { $0.surfaces.contains(.generation) })
  func `a parameter of generations has a row, or is named below them`(
    parameter: RequestParameter
  ) throws {
    let (rows, text) = (try rows(ofSection: 2), try document.text(ofSection: 2))
    for name in [parameter.name] + parameter.aliases {
      switch parameter.role {
      case .required: #expect(rows[name]?.contains("required") == true, "\(name)")
      case .optional: #expect(rows[name] != nil || text.contains("`\(name)`"), "\(name)")
      case .ignored, .refused: #expect(rows[name] == nil && text.contains("`\(name)`"), "\(name)")
      }
    }
  }

  @Test(
    arguments: RequestParameter.http.filter {
      $0.role == .required || $0.role == .optional
    })
  func `the row of a parameter has its range and its default`(parameter: RequestParameter) throws {
    let section = parameter.surfaces.contains(.generation) ? 2 : 3
    guard let row = try rows(ofSection: section)[parameter.name] else {
      // Named below the table, with the one value that it has.
      return #expect(try document.text(ofSection: 2).contains("`\(parameter.name)`"))
    }
    for phrase in phrases(of: parameter) {
      #expect(row.contains(phrase), "\(parameter.name): \(phrase)")
    }
  }

  @Test func `the row of an edit's size has the bounds of edits`() throws {
    let limits = ModelConfiguration().limits
    let row = try #require(try rows(ofSection: 3)[RequestParameter.size.name])
    #expect(row.contains("at most \(limits.editSide.upperBound)"))
    #expect(row.contains("over \(limits.editSide.upperBound): 400"))
    #expect(row.contains("at least \(limits.editSide.lowerBound)"))
  }

  private func phrases(of parameter: RequestParameter) -> [String] {
    let limits = ModelConfiguration().limits
    switch parameter.kind {
    case .text(let lengths): return ["at most \(lengths.upperBound)"]
    case .size:
      return [
        "default \(limits.ownSize(of: nil))", "each side at most \(limits.side.upperBound)",
        "at least \(limits.side.lowerBound)", "multiple of \(SizePolicy.multiple)",
      ]
    case .seed(let seeds):
      return seeds.upperBound == 1 << 53 - 1
        ? ["\(RequestParameter.randomSeed) (random, the default) or \(seeds.lowerBound)…2^53-1"]
        : ["no such range"]
    case .imageCount: return ["\(limits.imageCounts.upperBound) only"] + defaults(of: parameter)
    case .integer(let range): return [Self.text(range)] + defaults(of: parameter)
    case .number(let range): return [Self.text(range)] + defaults(of: parameter)
    case .responseFormat: return ["`b64_json` only"]
    case .choice(let words): return words.map { "`\($0)`" }
    case .images(let counts): return [Self.text(counts)]
    case .image: return ["more than \(RequestParameter.referenceCounts.upperBound)"]
    case .lora: return ["`\(LoRARegistry.none)` default"]
    case .loraStrength: return [Self.text(limits.loraStrengths)] + defaults(of: parameter)
    case .loras: return ["at most \(RequestParameter.loraLimit)", #"{"name","strength"}"#]
    case .model: return ["`\(ModelConfiguration().id)`"]
    case .boolean: return defaults(of: parameter)
    case .outputFormat, .mask, .anything: return ["no such row"]
    }
  }

  /// The default, and that of a base model where it is another.
  private func defaults(of parameter: RequestParameter) -> [String] {
    if parameter == .loraStrength { return ["default \(RequestParameter.defaultLoRAStrength)"] }
    let (usual, base) = (
      parameter.defaultValue(of: .distilled), parameter.defaultValue(of: .base)
    )
    guard let usual, let base else { return ["no such default"] }
    return ["default \(Self.text(usual))"]
      + (base == usual ? [] : ["of a base model \(Self.text(base))"])
  }

  private static func text<Bound: Comparable>(_ range: ClosedRange<Bound>) -> String {
    RequestParameter.text(range).replacingOccurrences(of: " to ", with: "-")
  }

  private static func text(_ value: RequestParameter.Default) -> String {
    switch value {
    case .integer(let integer): "\(integer)"
    case .number(let number): number == number.rounded() ? "\(Int(number))" : "\(number)"
    case .text(let text): "`\(text)`"
    case .boolean(let boolean): "\(boolean)"
    }
  }
}
