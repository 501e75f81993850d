/// The accounts' rows, and the credit that operators move.
enum AccountRecords {
  private static let columns = "id, name, state, credit_micro, reserved_micro, created_at"
  /// The most characters of a name or a note.
  private static let textLimit = 200

  /// Creates an account with its first credit.
  static func create(
    name: String, credit: Money, by actor: String, in database: any Database
  ) throws(AccountsError) -> Account {
    try check(name, "name")
    guard credit >= .zero, credit <= .maximum else {
      throw AccountsError(
        .invalidValue, "a credit of \(credit.text) is not from 0 to \(Money.maximum.text)")
    }
    var generator = SystemRandomNumberGenerator()
    let id = Identifier.make("acct", using: &generator)
    try database.run(
      """
      INSERT INTO account (id, name, state, credit_micro, reserved_micro, created_at)
      VALUES ($1, $2, 'active', $3, 0, \(database.dialect.now))
      """, [.text(id), .text(name), .money(credit)])
    try enter(credit, of: id, note: "credit at creation", in: database)
    let account = try account(id, in: database)
    try AuditLog.record(
      "account.create", of: id, by: actor, before: nil, after: account.document, in: database)
    return account
  }

  /// Returns a page of the accounts, oldest first.
  static func page(
    _ query: ListQuery, in database: any Database
  ) throws(AccountsError) -> [Account] {
    var filter = SQLFilter()
    if let after = query.after {
      let last = try account(after, in: database)
      filter.add("(created_at, id) >", .time(last.created), .text(last.id))
    }
    let rows = try database.run(
      """
      SELECT \(columns) FROM account \(filter.clause) ORDER BY created_at, id LIMIT \(filter.next)
      """, filter.values + [.integer(query.limit)])
    return try rows.mapped { (row) throws(AccountsError) in try Account(row) }
  }

  /// Returns the account with an id.
  /// - Throws: `unknownAccount`.
  static func account(_ id: String, in database: any Database) throws(AccountsError) -> Account {
    let rows = try database.run("SELECT \(columns) FROM account WHERE id = $1", [.text(id)])
    guard let row = rows.first else {
      throw AccountsError(
        .unknownAccount,
        "there is no account \(Identifier.shown(id)); `iris accounts list` shows them")
    }
    return try Account(row)
  }

  /// Adds to the credit, or takes back what is not reserved; its lock must be held.
  static func credit(
    _ amount: Money, to id: String, note: String, by actor: String, in database: any Database
  ) throws(AccountsError) -> Account {
    try check(note, "note", mayBeEmpty: true)
    let before = try account(id, in: database)
    let credit = before.credit + amount
    guard amount != .zero, credit >= before.reserved, credit <= .maximum else {
      throw AccountsError(
        .invalidValue,
        "\(amount.text) cannot be credited to \(id): it has \(before.credit.text), of which "
          + "requests in progress hold \(before.reserved.text), and may have at most "
          + Money.maximum.text)
    }
    try database.run(
      "UPDATE account SET credit_micro = $1 WHERE id = $2", [.money(credit), .text(id)])
    try enter(amount, of: id, note: note, in: database)
    return try record("account.credit", before, by: actor, in: database)
  }

  /// Suspends an account, or resumes it; its lock must be held.
  static func setSuspended(
    _ isSuspended: Bool, _ id: String, by actor: String, in database: any Database
  ) throws(AccountsError) -> Account {
    let before = try account(id, in: database)
    try database.run(
      "UPDATE account SET state = $1 WHERE id = $2",
      [.text(isSuspended ? "suspended" : "active"), .text(id)])
    return try record(
      isSuspended ? "account.suspend" : "account.resume", before, by: actor, in: database)
  }

  /// Throws `invalidValue` for a text that is empty, too long, or could do more than be read: control
  /// characters move cursors and end lines.
  static func check(
    _ text: String, _ what: String, mayBeEmpty: Bool = false
  ) throws(AccountsError) {
    let isPlain = text.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: false
      default: true
      }
    }
    guard mayBeEmpty || !text.isEmpty, text.unicodeScalars.count <= textLimit, isPlain else {
      throw AccountsError(
        .invalidValue,
        "a \(what) has \(mayBeEmpty ? 0 : 1) to \(textLimit) characters, none of them a control "
          + "character")
    }
  }

  private static func record(
    _ action: String, _ before: Account, by actor: String, in database: any Database
  ) throws(AccountsError) -> Account {
    let after = try account(before.id, in: database)
    try AuditLog.record(
      action, of: before.id, by: actor, before: before.document, after: after.document, in: database
    )
    return after
  }

  private static func enter(
    _ amount: Money, of account: String, note: String, in database: any Database
  ) throws(AccountsError) {
    guard amount != .zero else { return }
    try database.run(
      """
      INSERT INTO ledger (account_id, kind, amount_micro, images, month, note, at)
      VALUES ($1, 'credit', $2, 0, 0, $3, \(database.dialect.now))
      """, [.text(account), .money(amount), .text(note)])
  }
}

extension Account {
  /// Reads the columns of `AccountRecords.columns`.
  fileprivate init(_ row: SQLRow) throws(AccountsError) {
    id = try row.text(0)
    name = try row.text(1)
    isSuspended = try row.text(2) == "suspended"
    credit = try row.money(3)
    reserved = try row.money(4)
    created = try row.timestamp(5)
  }
}
