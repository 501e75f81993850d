import Accounts
import Text

/// `iris usage`: requests, images and spending of the keys.
struct UsageCommand: Sendable {
  private let invocation: Invocation
  private let administered: AdministeredStore

  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    guard !invocation.has(.csv) || !invocation.has(.json) else {
      throw UsageError("--csv and --json exclude each other, and both are given")
    }
    administered = try AdministeredStore(invocation)
  }

  func run() throws {
    var query = UsageQuery()
    query.account = invocation.value(.account)
    query.key = invocation.value(.key)
    query.month = try invocation.month(.month)
    query.isDaily = invocation.has(.daily)
    query.limit = AdministeredStore.pageLimit
    try Blocking.wait { [query] in try await report(query) }
  }

  private func report(_ query: UsageQuery) async throws {
    // An id that there is not would only look unused.
    if let account = query.account { _ = try await administered.store.account(account) }
    if let key = query.key { _ = try await administered.store.key(key) }
    let next = { (last: Usage?) async throws -> [Usage] in
      var query = query
      query.after = last.map { Usage.Place($0) }
      return try await administered.store.usage(query)
    }
    if invocation.has(.csv) { return try await printCSV(next) }
    try await administered.list(
      [
        .text("PERIOD"), .text("ACCOUNT"), .text("KEY"), .text("MODE"), .number("REQUESTS"),
        .number("IMAGES"), .number("SPENT"), .text("NAME"),
      ],
      next: next, document: \.document
    ) { usage in
      [
        usage.period, usage.account, usage.key, usage.mode.rawValue, "\(usage.requests)",
        "\(usage.images)", usage.spent.text, usage.name,
      ]
    }
  }

  private func printCSV(_ next: (Usage?) async throws -> [Usage]) async throws {
    var records = [
      ["period", "account", "key", "name", "mode", "requests", "images", "spent"]
    ]
    try await AdministeredStore.forEachPage(next) { page in
      records += page.map { usage in
        [
          usage.period, usage.account, usage.key, TextFormat.singleLine(usage.name),
          usage.mode.rawValue, "\(usage.requests)", "\(usage.images)", usage.spent.text,
        ]
      }
      for record in records {
        try Console.print(CSVFormat.record(record), terminator: CSVFormat.lineBreak)
      }
      records = []
    }
  }
}
