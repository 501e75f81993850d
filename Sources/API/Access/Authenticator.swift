internal import Accounts
internal import HTTP
internal import Synchronization
internal import Text

/// Decides who may ask for a render, on the request's head alone: the one place where keys are
/// checked, and later limits and money.
final class Authenticator: Sendable {
  /// How long a request waits for a store that does not answer.
  private static let timeout = Duration.seconds(5)

  /// How long a service takes to come back once it has ended, weights being mapped.
  private static let restartSeconds = 5.0

  private let lookup: KeyLookup?
  private let secondsUntilIdle: @Sendable () -> Double
  private let watch: StoreWatch?
  private let draining = Atomic(false)
  /// Keys have some fifty characters; what is longer is none.
  private static let longestKey = 256

  /// - Parameters:
  ///   - keys: Who may enter; nil lets everyone in.
  ///   - secondsUntilIdle: Estimates how long the renders that were accepted will take.
  ///   - log: Takes a line when the keys' store fails, and when it is back.
  init(
    keys: (any KeyAuthenticating)?, secondsUntilIdle: @escaping @Sendable () -> Double,
    log: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.secondsUntilIdle = secondsUntilIdle
    lookup = keys.map { KeyLookup($0, timeout: Self.timeout) }
    watch = keys.map { StoreWatch($0, log: log) }
  }

  /// Refuses new work from now on.
  func drain() { draining.store(true, ordering: .relaxed) }

  /// Throws what keeps everyone out.
  func checkReadiness() throws {
    try checkDraining()
    try watch?.check()
  }

  /// Lets a request in, or throws what answers it; the key is looked up off the event loop.
  /// - Parameter next: Decides further, for the caller who was recognised.
  func admit(
    _ head: RequestHead, then next: @escaping @Sendable (Principal) throws -> Admission
  ) throws -> Admission {
    try checkDraining()
    guard let lookup else { return try next(.anonymous) }
    return try recognise(head, in: lookup, then: next)
  }

  /// Lets in who brings no key, and who brings a valid one.
  /// - Parameter next: Decides further; without a caller if there was no key.
  func admitVisitor(
    _ head: RequestHead, then next: @escaping @Sendable (Principal?) throws -> Admission
  ) throws -> Admission {
    guard let lookup, head.headers["authorization"] != nil else { return try next(nil) }
    return try recognise(head, in: lookup, then: next)
  }

  private func recognise(
    _ head: RequestHead, in lookup: KeyLookup,
    then next: @escaping @Sendable (Principal) throws -> Admission
  ) throws -> Admission {
    let token = try token(of: head)
    return .deferred {
      let key = try await lookup.key(of: token)
      return try next(Principal(keyID: key.id))
    }
  }

  private func checkDraining() throws(APIError) {
    guard !draining.load(ordering: .relaxed) else {
      throw .unavailable(
        "the service is shutting down",
        retryAfterSeconds: secondsUntilIdle() + Self.restartSeconds)
    }
  }

  private func token(of head: RequestHead) throws(APIError) -> Token {
    let fields = head.headers.values(of: "authorization")
    guard fields.count == 1, let field = fields.first else {
      throw APIError(
        .authentication, "the API key is missing: send `Authorization: Bearer <key>`, once")
    }
    let words = field.split(separator: UInt8(ascii: " "))
    guard words.count == 2, words[0].equalsIgnoringASCIICase("bearer") else {
      throw APIError(.authentication, "the Authorization field is not `Bearer <key>`")
    }
    guard let text = words[1].string(limit: Self.longestKey), let token = Token(text) else {
      throw APIError(.authentication, "the API key is malformed or mistyped")
    }
    return token
  }
}

/// On whose behalf a request is answered.
struct Principal: Sendable, Equatable {
  /// The key's id, which may be logged; renders are shared fairly between these.
  let keyID: String

  /// Whoever calls a service that asks for no keys.
  static let anonymous = Principal(keyID: "anonymous")
}
