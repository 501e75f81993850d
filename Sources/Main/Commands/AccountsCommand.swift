import Accounts

/// `iris accounts create`, `list`, `show`, `credit`, `suspend` and `resume`.
struct AccountsCommand: Sendable {
  private let invocation: Invocation
  private let administered: AdministeredStore

  private var store: Store { administered.store }
  private var actor: String { administered.actor }

  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    guard invocation.command != .accountsCreate || invocation.has(.name) else {
      throw UsageError("an account needs a name: --name NAME")
    }
    administered = try AdministeredStore(invocation)
  }

  func run() throws {
    let id = invocation.operand ?? ""
    try Blocking.wait {
      switch invocation.command {
      case .accountsCreate: try await create()
      case .accountsShow: try show(await store.account(id))
      case .accountsCredit: try await credit(id)
      case .accountsSuspend: try show(await store.setSuspended(true, id, by: actor))
      case .accountsResume: try show(await store.setSuspended(false, id, by: actor))
      default: try await list()
      }
    }
  }

  private func create() async throws {
    let credit = try invocation.money(.credit) ?? KeyLimits.defaultCredit
    try show(
      await store.createAccount(
        name: invocation.value(.name) ?? "", credit: credit, by: actor))
  }

  private func credit(_ id: String) async throws {
    let text = invocation.operands.last ?? ""
    guard let amount = Money(text), amount != .zero else {
      throw UsageError(
        "AMOUNT is `\(TextFormat.singleLine(text))`; it must be an amount such as 5.00, or -5.00 to "
          + "take back, with at most nine digits and six decimals")
    }
    guard let note = invocation.value(.note) else {
      throw UsageError("the ledger needs to say what the credit is for: --note TEXT")
    }
    try show(await store.credit(amount, to: id, note: note, by: actor))
  }

  private func show(_ account: Account) throws {
    try administered.show(
      account.document,
      [
        ("id", account.id), ("name", account.name), ("state", Self.state(account)),
        ("credit", account.credit.text), ("reserved", account.reserved.text),
        ("created", account.created.text),
      ])
  }

  private func list() async throws {
    var query = ListQuery()
    query.limit = AdministeredStore.pageLimit
    try await administered.list(
      [
        .text("ID"), .text("STATE"), .number("CREDIT"), .number("RESERVED"), .text("CREATED"),
        .text("NAME"),
      ],
      next: { (last: Account?) in
        query.after = last?.id
        return try await store.accounts(query)
      },
      document: \.document,
      row: { account in
        [
          account.id, Self.state(account), account.credit.text, account.reserved.text,
          UTCDay(account.created).text, account.name,
        ]
      })
  }

  private static func state(_ account: Account) -> String {
    account.isSuspended ? "suspended" : "active"
  }
}
