import Accounts
import HTTP
import JSON

/// Reports.
extension AdminOperation {
  static let reports: [AdminOperation] = [
    .page(
      "listUsage", "/usage", of: "Usage", "Requests, images and spending of the keys.",
      filters: [
        account, key, AdminField("month", .month, "A month of UTC alone."),
        AdminField("by", .choice(["month", "day"]), "The period of a line."),
      ],
      place: { Usage.Place($0).text }, document: \.document,
      read: { store, input, limit in
        var query = UsageQuery()
        query.account = try await input.account(in: store)
        query.key = try await input.key(in: store)
        query.month = input.month("month")
        query.isDaily = input.text("by") == "day"
        query.after = try input.place { Usage.Place($0) }
        query.limit = limit
        return try await store.usage(query)
      }),
    .page(
      "listLedger", "/ledger", of: "LedgerEntry", "Every movement of credit, oldest first.",
      filters: [account, key, since, until], place: { "\($0.sequence)" },
      document: \LedgerEntry.document,
      read: { store, input, limit in
        var query = try input.pageQuery(limit)
        query.account = try await input.account(in: store)
        query.key = try await input.key(in: store)
        return try await store.ledger(query)
      }),
    .page(
      "listRequests", "/requests", of: "Request",
      "The requests that were admitted, the latest first; ended ones are kept for 35 days.",
      filters: [
        account, key, since, until,
        AdminField(
          "state", .choice(RequestEntry.State.allCases.map(\.rawValue)), "A state alone."),
        AdminField("status", .count(100...599), "An HTTP status alone."),
      ],
      place: \RequestEntry.id, document: \.document,
      read: { store, input, limit in
        var query = RequestQuery()
        query.account = try await input.account(in: store)
        query.key = try await input.key(in: store)
        query.since = input.time("since") ?? nil
        query.until = input.time("until") ?? nil
        query.status = input.count("status")
        query.state = input.text("state").flatMap(RequestEntry.State.init)
        (query.before, query.limit) = (input.text("after"), limit)
        return try await store.requests(query)
      }),
    .page(
      "listNodes", "/nodes", of: "Node",
      "The processes that serve from the store, or did; the store of a service alone has one.",
      filters: [], place: \NodeRecord.id, document: \.document,
      read: { store, input, limit in
        try await store.nodes(after: input.text("after"), limit: limit)
      }),
    .page(
      "listAudit", "/audit", of: "AuditEntry", "Who changed what, oldest first.",
      filters: [since, until], place: { "\($0.sequence)" }, document: \AuditEntry.document,
      read: { store, input, limit in
        try await store.audit(input.pageQuery(limit))
      }),
    .read(
      "checkStore", "/check", "Check",
      "Proves from the store's tables that no money was lost or made; reads all of them."
    ) { store, _ in
      Store.document(of: try await store.check())
    },
  ]

  private static let key = AdminField("key", .identifier, "A key alone.")
  private static let since = AdminField("since", .time, "From this time on.")
  private static let until = AdminField("until", .time, "Before this time.")
}

extension AdminInput {
  /// A page of a log, whose places are numbers.
  fileprivate func pageQuery(_ limit: Int64) throws(APIError) -> PageQuery {
    var query = PageQuery()
    query.since = time("since") ?? nil
    query.until = time("until") ?? nil
    query.after = try place { Int64($0) } ?? 0
    query.limit = limit
    return query
  }

  /// The place behind which to go on.
  fileprivate func place<Place>(_ read: (String) -> Place?) throws(APIError) -> Place? {
    guard let text = text("after") else { return nil }
    guard let place = read(text) else {
      throw .invalid("after", "after must be the `next` of a page of this list")
    }
    return place
  }
}
