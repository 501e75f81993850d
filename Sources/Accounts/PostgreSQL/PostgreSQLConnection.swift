import CPostgreSQL
import Glibc

/// A connection to a PostgreSQL server in libpq's pipeline mode: statements are sent without waiting,
/// and what they gave is read together.
///
/// It does not block in libpq once it is open: whatever the server does, a call ends in bounded time.
///
/// Invariant: `handle` is open from `init` to `deinit` and never leaves but to send parameters.
/// - Note: PostgreSQL, *libpq*, sections "Pipeline Mode" and "Asynchronous Command Processing".
@safe final class PostgreSQLConnection {
  /// The bounds of waits.
  struct Limits: Sendable {
    /// For the server to accept the connection.
    var connectSeconds = 3
    /// For the server to run a statement, and for the locks of rows in it.
    var statementSeconds = 10
    var lockSeconds = 5
    /// For the node to go on with a transaction, before the server ends it and frees its locks.
    var idleSeconds = 10
    /// For the peer to acknowledge what was sent, over TCP.
    var acknowledgementSeconds = 5

    /// For what a node does while it serves.
    static let serving = Limits()
    /// For migrations, which may rewrite tables and wait for those of other nodes.
    static let migrating = Limits(statementSeconds: 600, lockSeconds: 60)

    /// For checks and reports of large stores.
    static let reporting = Limits(statementSeconds: 3600, idleSeconds: 600)

    /// For the answer to what was sent, whatever has become of the server.
    var answerDuration: Duration { .seconds(statementSeconds + 5) }
  }

  private let handle: OpaquePointer
  private let limits: Limits
  /// The statements that were sent and whose results were not read.
  private var sentCount = 0

  /// Connects.
  /// - Throws: `storeUnavailable`.
  init(_ address: PostgreSQLAddress, limits: Limits) throws(AccountsError) {
    let words = Self.keywords(address, limits)
    let opened = unsafe Self.withCStrings(words.map(\.0)) { keys in
      unsafe Self.withCStrings(words.map(\.1)) { unsafe PQconnectdbParams(keys, $0, 1) }
    }
    guard let opened = unsafe opened else {
      throw AccountsError(.storeUnavailable, "no memory for a connection to the database")
    }
    guard unsafe PQstatus(opened) == CONNECTION_OK else {
      let reason = unsafe Self.firstLine(String(cString: PQerrorMessage(opened)))
      unsafe PQfinish(opened)
      throw AccountsError(.storeUnavailable, "cannot open \(address): \(reason)")
    }
    unsafe handle = opened
    self.limits = limits
    // Notices, as of a table that exists already, would go to standard error.
    unsafe PQsetNoticeProcessor(opened, { _, _ in }, nil)
    guard unsafe PQsetnonblocking(opened, 1) == 0, unsafe PQenterPipelineMode(opened) == 1 else {
      throw lost()
    }
  }

  deinit { unsafe PQfinish(handle) }

  /// libpq's keywords: those before the URL may be changed by it, those after it may not.
  private static func keywords(
    _ address: PostgreSQLAddress, _ limits: Limits
  ) -> [(String, String)] {
    [
      ("connect_timeout", "\(limits.connectSeconds)"), ("keepalives_idle", "10"),
      ("keepalives_interval", "3"), ("keepalives_count", "3"),
      ("tcp_user_timeout", "\(limits.acknowledgementSeconds * 1000)"),
      ("target_session_attrs", "read-write"), ("fallback_application_name", "iris"),
      ("dbname", address.url), ("client_encoding", "UTF8"),
    ]
  }

  /// Runs `body` with a list of C strings that ends with a null pointer, as libpq takes it.
  private static func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
  ) -> Result {
    let copies = unsafe texts.map { unsafe strdup($0) }
    defer { for index in texts.indices { unsafe free(copies[index]) } }
    return unsafe body(copies.map { unsafe UnsafePointer($0) } + [nil])
  }

  // MARK: The server

  /// The server's version, as 150018 for 15.18.
  var serverVersion: Int32 { unsafe PQserverVersion(handle) }

  /// A parameter that the server reports, as `server_encoding`.
  func parameter(_ name: String) -> String? {
    guard let value = unsafe PQparameterStatus(handle, name) else { return nil }
    return unsafe String(cString: value)
  }

  /// False if the server has closed the connection, as far as can be known without asking it.
  var isOpen: Bool {
    // A server that is not asked anything says nothing but that it goes, and then goes.
    while Self.wait(for: Int16(POLLIN), on: socket, until: .now) {
      guard unsafe PQconsumeInput(handle) == 1 else { return false }
    }
    return unsafe PQstatus(handle) == CONNECTION_OK
  }

  private var socket: Int32 { unsafe PQsocket(handle) }

  // MARK: Statements

  /// Sends a statement to prepare under a name.
  func sendPreparation(of sql: String, as name: String) throws(AccountsError) {
    guard unsafe PQsendPrepare(handle, name, sql, 0, nil) == 1 else { throw lost() }
    sentCount += 1
  }

  /// Sends a prepared statement.
  func send(_ name: String, _ values: [SQLValue]) throws(AccountsError) {
    let parameters = try PostgreSQLParameters(values)
    guard unsafe parameters.send(name, on: handle) else { throw lost() }
    sentCount += 1
  }

  /// Waits for all that was sent.
  /// - Returns: The rows of the last statement.
  /// - Throws: The error of the first statement that failed; those after it were not run.
  func synchronize() throws(AccountsError) -> [SQLRow] {
    let deadline = ContinuousClock.now + limits.answerDuration
    guard unsafe PQpipelineSync(handle) == 1 else { throw lost() }
    try flush(until: deadline)
    var rows: [SQLRow] = []
    var failure: AccountsError?
    // Each statement gives a result and then none, the synchronisation one result.
    for _ in 0...(2 * sentCount) {
      try awaitResult(until: deadline)
      guard let next = unsafe PQgetResult(handle) else { continue }
      let result = unsafe PostgreSQLResult(next)
      switch result.status {
      case PGRES_PIPELINE_SYNC:
        sentCount = 0
        if let failure { throw failure }
        return rows
      case PGRES_TUPLES_OK where failure == nil: rows = try result.rows()
      case PGRES_COMMAND_OK: rows = []
      case PGRES_PIPELINE_ABORTED, PGRES_TUPLES_OK: break
      default: failure = failure ?? result.failure
      }
      guard unsafe PQstatus(handle) == CONNECTION_OK else { throw failure ?? lost() }
    }
    throw failure ?? lost()
  }

  private func flush(until deadline: ContinuousClock.Instant) throws(AccountsError) {
    while true {
      let left = unsafe PQflush(handle)
      if left == 0 { return }
      guard left == 1, Self.wait(for: Int16(POLLIN | POLLOUT), on: socket, until: deadline) else {
        throw lost()
      }
      // The server may have to be listened to before it takes more.
      guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
    }
  }

  private func awaitResult(until deadline: ContinuousClock.Instant) throws(AccountsError) {
    while unsafe PQisBusy(handle) == 1 {
      guard Self.wait(for: Int16(POLLIN), on: socket, until: deadline) else {
        throw AccountsError(.storeUnavailable, "the database does not answer")
      }
      guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
    }
  }

  /// Waits for a socket; returns false at the deadline.
  private static func wait(
    for events: Int16, on socket: Int32, until deadline: ContinuousClock.Instant
  ) -> Bool {
    while true {
      let left = max(.zero, deadline - .now)
      let milliseconds =
        left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
      var descriptor = pollfd(fd: socket, events: events, revents: 0)
      let status = unsafe poll(&descriptor, 1, Int32(clamping: milliseconds))
      if status > 0 { return true }
      guard status < 0, errno == EINTR else { return false }
    }
  }

  private func lost() -> AccountsError {
    let reason = unsafe Self.firstLine(String(cString: PQerrorMessage(handle)))
    return AccountsError(
      .storeUnavailable,
      "the connection to the database was lost" + (reason.isEmpty ? "" : ": \(reason)"))
  }

  /// The first line of a message; further ones give hints and may quote values.
  static func firstLine(_ text: String) -> String {
    String(text.prefix { !$0.isNewline })
  }
}
