import Accounts

/// `iris ledger`: every movement of credit, oldest first.
struct LedgerCommand: Sendable {
  private let invocation: Invocation
  private let administered: AdministeredStore

  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    administered = try AdministeredStore(invocation)
  }

  func run() throws {
    var query = PageQuery()
    query.account = invocation.value(.account)
    query.since = try invocation.time(.since)
    query.limit = AdministeredStore.pageLimit
    try Blocking.wait { [query] in try await report(query) }
  }

  private func report(_ query: PageQuery) async throws {
    var query = query
    if let account = query.account { _ = try await administered.store.account(account) }
    try await administered.list(
      [
        .text("TIME"), .text("ACCOUNT"), .text("KIND"), .number("AMOUNT"), .number("IMAGES"),
        .text("KEY"), .text("REQUEST"), .text("NOTE"),
      ],
      next: { (last: LedgerEntry?) in
        if let last { query.after = last.sequence }
        return try await administered.store.ledger(query)
      },
      document: \.document,
      row: { entry in
        [
          entry.at.text, entry.account, entry.kind.rawValue, entry.amount.text, "\(entry.images)",
          entry.key ?? "-", entry.request ?? "-", entry.note,
        ]
      })
  }
}
