import Accounts
import Foundation
import JSON

/// The store that a command administers, and the form in which it prints what it finds.
struct AdministeredStore: Sendable {
  /// The most records of a page; lists are printed page by page.
  static let pageLimit: Int64 = 1000

  let store: Store
  let directory: String
  /// The user of the system, for the audit log.
  let actor: String
  private let isJSON: Bool

  init(_ invocation: Invocation) throws {
    let environment = ProcessInfo.processInfo.environment
    let settings = try Settings(
      invocation, environment: environment,
      defaults: [.data: SettingDefaults.dataDirectory(environment)])
    directory = try settings.text(.data)
    let address = try settings.store()
    // A copy or a check of a store that is made for it would say nothing.
    if [.storeBackup, .storeCheck, .storeMigrate].contains(invocation.command), address == nil,
      !FileManager.default.fileExists(atPath: directory)
    {
      throw CommandFailure(
        "there is no store in \(directory); \(Option.data.spelling) names another")
    }
    store = Store(try .deployment(at: address, directory: directory))
    actor = "cli:\(NSUserName())"
    isJSON = invocation.has(.json)
  }

  /// Prints one record: for programs, or as lines for people.
  func show(_ document: JSONValue, _ members: [(String, String)]) throws(CommandFailure) {
    guard isJSON else {
      return try Console.print(TextTable.record(members).joined(separator: "\n"))
    }
    try Console.print(document.text(.sorted))
  }

  /// Prints a list page by page: a JSON array for programs, or a table for people.
  /// - Parameters:
  ///   - next: Reads the page behind a record, or the first one.
  ///   - row: The cells of a record.
  func list<Record: Sendable>(
    _ columns: [TextTable.Column], next: (Record?) async throws -> [Record],
    document: (Record) -> JSONValue, row: (Record) -> [String]
  ) async throws {
    var table = TextTable(columns)
    var separator = "["
    try await Self.forEachPage(next) { page in
      guard isJSON else {
        return try Console.print(table.lines(page.map(row)).joined(separator: "\n"))
      }
      for record in page {
        try Console.print(separator + document(record).text(.sorted), terminator: "")
        separator = ",\n"
      }
    }
    if isJSON { try Console.print(separator == "[" ? "[]" : "]") }
  }

  /// Reads pages until one is not full.
  static func forEachPage<Record>(
    _ next: (Record?) async throws -> [Record], _ body: ([Record]) throws -> Void
  ) async throws {
    var last: Record?
    var isFirst = true
    while true {
      let page = try await next(last)
      if isFirst || !page.isEmpty { try body(page) }
      guard page.count == Self.pageLimit else { return }
      last = page.last
      isFirst = false
    }
  }
}
