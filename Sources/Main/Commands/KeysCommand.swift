import Accounts
import Foundation
import JSON

/// `iris keys create`, `list`, `show`, `update`, `rotate` and `revoke`.
struct KeysCommand: Sendable {
  private let invocation: Invocation
  private let administered: AdministeredStore

  private var store: Store { administered.store }
  private var actor: String { administered.actor }

  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    guard invocation.command != .keysCreate || invocation.has(.name) else {
      throw UsageError("a key needs a name: --name NAME")
    }
    let changes = [.name, .expires] + Option.limits
    guard invocation.command != .keysUpdate || changes.contains(where: invocation.has) else {
      throw UsageError(
        "nothing is to change: give one of \(changes.map(\.spelling).joined(separator: ", "))")
    }
    administered = try AdministeredStore(invocation)
  }

  func run() throws {
    let id = invocation.operand ?? ""
    try Blocking.wait {
      switch invocation.command {
      case .keysCreate: try await create()
      case .keysShow: try show(await store.key(id))
      case .keysUpdate: try await update(id)
      case .keysRotate: try await rotate(id)
      case .keysRevoke:
        _ = try await store.revokeKey(id, by: actor)
        try show(await store.key(id))
      default: try await list()
      }
    }
  }

  /// Prints the token alone to standard output, so that it can be piped; the id goes to standard error.
  private func create() async throws {
    var draft = KeyDraft(name: invocation.value(.name) ?? "")
    draft.mode = invocation.has(.test) ? .test : .live
    draft.account = invocation.value(.account)
    draft.limits = try invocation.limits()
    draft.expires = try invocation.time(.expires)
    let (key, token) = try await store.createKey(draft, by: actor)
    do {
      try print(key, token, "created \(key.id); its token is not shown again")
    } catch {
      // Nobody has the token of this key.
      _ = try await store.revokeKey(key.id, by: actor)
      throw error
    }
  }

  private func rotate(_ id: String) async throws {
    let overlap =
      try invocation.duration(.overlap, atMost: KeyLimits.overlapSeconds.upperBound)
      ?? KeyLimits.defaultOverlapSeconds
    let (key, token) = try await store.rotateKey(id, overlapSeconds: overlap, by: actor)
    try print(
      key, token,
      "\(id) has another token, which is not shown again; the one before is valid for "
        + "\(overlap) seconds")
  }

  private func print(_ key: APIKey, _ token: Token, _ notice: String) throws {
    Console.report(notice)
    try Console.print(
      invocation.has(.json) ? key.document(token: token).text(.sorted) : token.text)
  }

  private func update(_ id: String) async throws {
    var change = KeyChange()
    let limits = try invocation.limits()
    change.name = invocation.value(.name)
    if invocation.has(.rpm) { change.requestsPerMinute = limits.requestsPerMinute }
    if invocation.has(.rpd) { change.requestsPerDay = limits.requestsPerDay }
    if invocation.has(.concurrent) { change.concurrentRequests = limits.concurrentRequests }
    if invocation.has(.monthlyCap) { change.monthlyCap = limits.monthlyCap }
    if let text = invocation.value(.expires) {
      change.expires = .some(text == "never" ? nil : try invocation.time(.expires, orWord: "never"))
    }
    _ = try await store.updateKey(id, change, by: actor)
    try show(await store.key(id))
  }

  private func show(_ record: KeyRecord) throws {
    let key = record.key
    let limits = key.limits
    try administered.show(
      record.document,
      [
        ("id", key.id), ("name", key.name), ("token", key.prefix + "…"), ("account", key.account),
        ("mode", key.mode.rawValue), ("state", key.currentState),
        ("requests a minute", "\(limits.requestsPerMinute)"),
        ("requests a day", "\(limits.requestsPerDay)"),
        ("concurrent requests", "\(limits.concurrentRequests)"),
        ("monthly cap", limits.monthlyCap.text), ("created", Timestamp(key.created).text),
        ("last used", record.lastUsed?.text ?? "never"),
        ("expires", key.expires.map { Timestamp($0).text } ?? "never"),
        ("revoked", key.revoked.map { Timestamp($0).text } ?? "no"),
        ("token before", record.previousTokenUntil.map { "valid until \($0.text)" } ?? "none"),
      ])
  }

  private func list() async throws {
    if let account = invocation.value(.account) { _ = try await store.account(account) }
    var query = ListQuery(account: invocation.value(.account))
    query.limit = AdministeredStore.pageLimit
    try await administered.list(
      [
        .text("ID"), .text("TOKEN"), .text("STATE"), .text("ACCOUNT"), .text("CREATED"),
        .text("LAST USED"), .text("NAME"),
      ],
      next: { (last: KeyRecord?) in
        query.after = last?.key.id
        return try await store.keys(query)
      },
      document: \KeyRecord.document,
      row: { record in
        [
          record.key.id, record.key.prefix + "…", record.key.currentState, record.key.account,
          UTCDay(Timestamp(record.key.created)).text,
          record.lastUsed.map { UTCDay($0).text } ?? "never", record.key.name,
        ]
      })
  }
}

extension APIKey {
  /// The state for people, by this machine's clock.
  fileprivate var currentState: String { state(at: Timestamp(Date())).rawValue }
}
