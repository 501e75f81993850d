import Accounts
import HTTP
import JSON
import Text

/// Accounts and keys.
extension AdminOperation {
  static let accounts: [AdminOperation] = [
    .page(
      "listAccounts", "/accounts", of: "Account", "The accounts, oldest first.", filters: [],
      place: \Account.id, document: \.document,
      read: { store, input, limit in
        var query = ListQuery()
        (query.after, query.limit) = (input.text("after"), limit)
        return try await store.accounts(query)
      }),
    .change(
      "createAccount", "/accounts", "Account", "Makes an account.",
      [
        AdminField("name", .text, isRequired: true, "Whose account it is."),
        AdminField("credit", .amount, "Its first credit."),
      ]
    ) { store, input in
      try await store.createAccount(
        name: input.text("name") ?? "", credit: input.amount("credit") ?? KeyLimits.defaultCredit,
        by: input.actor
      ).document
    },
    .read("getAccount", "/accounts/{id}", "Account", "One account.") { store, input in
      try await store.account(input.id).document
    },
    .change(
      "creditAccount", "/accounts/{id}/credit", "Account",
      "Adds to the credit, or takes back what is not reserved.",
      [
        AdminField("amount", .signedAmount, isRequired: true, "The amount."),
        AdminField("note", .note, isRequired: true, "What it is for, as the ledger keeps it."),
      ]
    ) { store, input in
      try await store.credit(
        input.amount("amount") ?? .zero, to: input.id, note: input.text("note") ?? "",
        by: input.actor
      ).document
    },
    .change(
      "suspendAccount", "/accounts/{id}/suspend", "Account", "Refuses the account's keys."
    ) { store, input in
      try await store.setSuspended(true, input.id, by: input.actor).document
    },
    .change(
      "resumeAccount", "/accounts/{id}/resume", "Account", "Admits the account's keys again."
    ) { store, input in
      try await store.setSuspended(false, input.id, by: input.actor).document
    },
  ]

  static let keys: [AdminOperation] = [
    .page(
      "listKeys", "/keys", of: "Key", "The keys, oldest first, revoked ones too.",
      filters: [account], place: \KeyRecord.key.id, document: \.document,
      read: { store, input, limit in
        var query = ListQuery(account: try await input.account(in: store))
        (query.after, query.limit) = (input.text("after"), limit)
        return try await store.keys(query)
      }),
    .change(
      "createKey", "/keys", "NewKey", "Makes a key; its token is in this answer alone.",
      [
        AdminField("name", .text, isRequired: true, "What to call it."),
        AdminField("account", .identifier, "The account that pays for its requests."),
        AdminField("mode", .choice(Token.Mode.allCases.map(\.rawValue)), "Test keys pay nothing."),
      ] + limits + [AdminField("expires", .time, "The time from which it is refused.")]
    ) { store, input in
      var draft = KeyDraft(name: input.text("name") ?? "")
      draft.mode = input.text("mode").flatMap(Token.Mode.init) ?? .live
      draft.account = input.text("account")
      draft.expires = input.time("expires") ?? nil
      draft.limits.requestsPerMinute = input.count("rpm") ?? draft.limits.requestsPerMinute
      draft.limits.requestsPerDay = input.count("rpd") ?? draft.limits.requestsPerDay
      draft.limits.concurrentRequests =
        input.count("concurrent") ?? draft.limits.concurrentRequests
      draft.limits.monthlyCap = input.amount("monthly_cap") ?? draft.limits.monthlyCap
      let (key, token) = try await store.createKey(draft, by: input.actor)
      return key.document(token: token)
    },
    .read("getKey", "/keys/{id}", "Key", "One key.") { store, input in
      try await store.key(input.id).document
    },
    .change(
      "updateKey", method: Method("PATCH"), "/keys/{id}", "Key",
      "Changes what is named, and nothing else.",
      [AdminField("name", .text, "What to call it.")] + limits + [
        AdminField("expires", .timeOrNever, "The time from which it is refused.")
      ]
    ) { store, input in
      var change = KeyChange()
      change.name = input.text("name")
      change.requestsPerMinute = input.count("rpm")
      change.requestsPerDay = input.count("rpd")
      change.concurrentRequests = input.count("concurrent")
      change.monthlyCap = input.amount("monthly_cap")
      change.expires = input.time("expires")
      _ = try await store.updateKey(input.id, change, by: input.actor)
      return try await store.key(input.id).document
    },
    .change(
      "rotateKey", "/keys/{id}/rotate", "NewKey",
      "Gives it another token, which is in this answer alone.",
      [
        AdminField(
          "overlap_seconds", .count(KeyLimits.overlapSeconds),
          "How long the token before stays valid.")
      ]
    ) { store, input in
      let (key, token) = try await store.rotateKey(
        input.id, overlapSeconds: input.count("overlap_seconds") ?? KeyLimits.defaultOverlapSeconds,
        by: input.actor)
      return key.document(token: token)
    },
    .change("revokeKey", "/keys/{id}/revoke", "Key", "Refuses it from now on, for good.") {
      store, input in
      _ = try await store.revokeKey(input.id, by: input.actor)
      return try await store.key(input.id).document
    },
  ]

  /// The filter by an account.
  static let account = AdminField("account", .identifier, "An account alone.")

  private static let limits = [
    AdminField("rpm", .count(0...KeyLimits.maximumCount), "Requests in any 60 seconds."),
    AdminField("rpd", .count(0...KeyLimits.maximumCount), "Requests in a day of UTC."),
    AdminField("concurrent", .count(0...KeyLimits.maximumCount), "Requests in progress at once."),
    AdminField("monthly_cap", .amount, "The most it may spend in a month of UTC."),
  ]
}

extension AdminInput {
  /// The account to filter by; throws for one that there is not, which would only look empty.
  func account(in store: Store) async throws -> String? {
    guard let id = text("account") else { return nil }
    return try await store.account(id).id
  }

  /// The key to filter by.
  func key(in store: Store) async throws -> String? {
    guard let id = text("key") else { return nil }
    return try await store.key(id).key.id
  }
}
