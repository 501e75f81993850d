import Foundation
import TestSupport
import Testing

/// The tables of `Documentation/contract.md`.
struct ContractDocument {
  private let sections: [Substring]

  init() throws {
    let file = Repository.root.appending(path: "Documentation/contract.md")
    sections = try String(contentsOf: file, encoding: .utf8).split(separator: "\n## ")
  }

  /// The cells of the table of a section, without its head.
  func rows(ofSection number: Int) throws -> [[String]] {
    let rows = try text(ofSection: number).split(separator: "\n").filter { $0.hasPrefix("|") }
      .dropFirst(2)
    return rows.map { row in
      row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  /// A section as it is written.
  func text(ofSection number: Int) throws -> Substring {
    try #require(sections.first { $0.hasPrefix("\(number). ") })
  }

  /// The codes of section 7 with their status and type.
  func codes() throws -> [(code: String, status: Int, type: String)] {
    try rows(ofSection: 7).flatMap { row in
      let statuses = row[0].components(separatedBy: " / ").compactMap { Int($0) }
      let codes = row[2].components(separatedBy: statuses.count == 2 ? " / " : ", ")
      let types = row[1].components(separatedBy: ", ")
      return codes.enumerated().map { index, code in
        (code, statuses[min(index, statuses.count - 1)], types[0])
      }
    }
  }
}
