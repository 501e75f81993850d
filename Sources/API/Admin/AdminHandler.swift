import Accounts
public import HTTP
import Hashing
import JSON
import Text
import Web

/// The administration of accounts and keys over HTTP, meant for a listener of its own.
///
/// Whoever has the token may do all of it, and so may who signed in with it at the dashboard; the audit
/// log says who did what. Neither a token nor a key is in its log.
public final class AdminHandler: Handler {
  /// The prefix of its paths, behind which they are versioned.
  public static let root = AdminOperation.root

  /// No body has more than a few fields.
  private static let bodyLimit = 64 << 10
  /// Paths that need no token.
  private static let openPaths: [ByteString] = ["/healthz", "/openapi.json"]
  /// The path at which the dashboard signs in (POST), asks for its session (GET) and signs out (DELETE).
  static let sessionPath = root + "/session"

  private let store: Store
  private let token: AdminToken
  private let browserGuard: BrowserGuard
  private let trustedProxies: TrustedProxies
  private let contexts = RequestContextStore()
  private let log: AccessLog
  private let sessions = AdminSessions()
  private let pages: WebPages?
  private let router: Router

  /// - Parameters:
  ///   - hosts: The hosts, beside those of loopback, that requests may name.
  ///   - servesPages: Serves the dashboard.
  ///   - status: Reads what the service does at the moment.
  init(
    store: Store, token: AdminToken, hosts: [String], trustedProxies: TrustedProxies,
    log: AccessLog, servesPages: Bool, status: @escaping @Sendable () -> JSONValue
  ) {
    self.store = store
    self.token = token
    self.trustedProxies = trustedProxies
    self.log = log
    browserGuard = BrowserGuard(hosts: hosts, origins: .none, subject: "the administration")
    let operations =
      AdminOperation.accounts + AdminOperation.keys + AdminOperation.reports + [
        .read("getStatus", "/status", "Status", "What the service does at the moment.") { _, _ in
          status()
        }
      ]
    pages = servesPages ? WebPages([.admin], settings: [:]) : nil
    router = Self.router(operations, store: store, contexts: contexts, sessions: sessions)
  }

  /// Accepts or refuses a request by its head.
  public func admit(_ head: RequestHead) throws -> Admission {
    contexts.open(head.number).update { [trustedProxies] facts in
      facts.client = trustedProxies.client(of: head)
      facts.requestID = trustedProxies.requestID(of: head)
    }
    try browserGuard.check(head)
    if let page = pages?.answer(to: head) {
      contexts.context(for: head.number)?.update { $0.route = page.route }
      return .respond(signed(page.response, head.number))
    }
    if !isOpen(head) { try checkAccess(of: head) }
    do {
      return signed(try router.admit(head), head.number)
    } catch let error as HTTPError where error.code == .notFound {
      throw APIError(
        .notFound, "nothing is served at \(head.target.path); /openapi.json has all paths")
    }
  }

  /// Returns the response to an error.
  public func response(
    to error: any Error, for head: RequestHead?, number: UInt64
  ) -> Response {
    let context =
      head == nil ? contexts.open(number) : contexts.context(for: number) ?? RequestContext()
    let answer =
      (error as? AccountsError).map(APIError.init(administering:))
      ?? .answering(error, requestID: contexts.id(of: number))
    context.record(error, answeredBy: answer)
    return signed(answer.response, number)
  }

  /// Records a finished request in the log.
  public func finished(_ record: ExchangeRecord) {
    let facts = contexts.close(record.number) ?? RequestContext.Facts()
    log.record(record, facts, id: contexts.id(of: record.number, facts))
  }

  /// Returns whether a request needs neither token nor session.
  private func isOpen(_ head: RequestHead) -> Bool {
    let asksForSession = head.target.path.equals(Self.sessionPath) && head.method == .get
    return Self.openPaths.contains(head.target.path) || asksForSession
  }

  /// Checks the token of a program, or the session of a person.
  ///
  /// A session is not enough for a change, since browsers send its cookie with whatever asks them to.
  private func checkAccess(of head: RequestHead) throws(APIError) {
    // Signing in takes the token itself: a session would renew itself without end.
    let signsIn = head.target.path.equals(Self.sessionPath) && head.method == .post
    guard !signsIn, head.headers["authorization"] == nil,
      let session = sessions.session(of: head.headers)
    else { return try checkToken(of: head) }
    let isReading = head.method == .get || head.method == .head
    let tokens = head.headers.values(of: AdminSessions.csrfField)
    guard isReading || tokens.count == 1 && isEqualInConstantTime(tokens[0], session.csrfToken.utf8)
    else {
      throw APIError(
        .permission, "a change by a session needs its token in \(AdminSessions.csrfField)")
    }
  }

  private func checkToken(of head: RequestHead) throws(APIError) {
    let fields = head.headers.values(of: "authorization")
    let words = fields.count == 1 ? fields[0].split(separator: UInt8(ascii: " ")) : []
    guard words.count == 2, words[0].equalsIgnoringASCIICase("bearer"),
      words[1].count <= AdminToken.byteCounts.upperBound, token.matches(Array(words[1]))
    else {
      throw APIError(
        .authentication,
        "the administration's token is missing or wrong: send `Authorization: Bearer <token>`, once; "
          + "API keys are no such tokens")
    }
  }

  private static func router(
    _ operations: [AdminOperation], store: Store, contexts: RequestContextStore,
    sessions: AdminSessions
  ) -> Router {
    var router = Router()
    for operation in operations {
      router.on(operation.method, operation.path) { head, values in
        contexts.context(for: head.number)?.update { $0.route = operation.path }
        let input = try AdminInput(head, id: values["id"], operation: operation)
        return .accept(bodyLimit: bodyLimit) { request, _ in
          var input = input
          try input.read(request.body, operation)
          return try await operation.action(store, input)
        }
      }
    }
    for (method, answer) in sessions.routes {
      router.on(method, sessionPath) { head, _ in
        contexts.context(for: head.number)?.update { $0.route = sessionPath }
        return .respond(answer(head))
      }
    }
    let document = AdminDocument(operations: operations).json
    for (path, answer) in [("/openapi.json", document), ("/healthz", ["status": "ok"])] {
      router.on(.get, path) { head, _ in
        contexts.context(for: head.number)?.update { $0.route = path }
        return .respond(.json(answer))
      }
    }
    return router
  }

  private func signed(_ admission: Admission, _ number: UInt64) -> Admission {
    switch admission {
    case .respond(let response): .respond(signed(response, number))
    case .accept(let limit, let responder):
      .accept(bodyLimit: limit) { [self] request, exchange in
        signed(try await responder(request, exchange), number)
      }
    case .deferred(let decide): .deferred { [self] in signed(try await decide(), number) }
    }
  }

  private func signed(_ response: Response, _ number: UInt64) -> Response {
    var response = response
    response.headers["x-request-id"] = ByteString(contexts.id(of: number))
    response.headers["x-content-type-options"] = "nosniff"
    // Answers may hold a new token; the files of the dashboard say themselves how they are kept.
    if response.headers["etag"] == nil { response.headers["cache-control"] = "no-store" }
    return response
  }
}

extension APIError {
  /// An error of the store, for operators: they may know what it is about.
  fileprivate init(administering error: AccountsError) {
    switch error.code {
    case .unknownKey, .unknownAccount: self.init(.notFound, error.message)
    case .invalidValue: self.init(.invalidRequest, error.message)
    case .storeUnavailable, .contention, .newerSchema, .unauthenticated, .answerLost:
      self = .unavailable("the store cannot be used just now; the log has the details")
    }
  }
}
