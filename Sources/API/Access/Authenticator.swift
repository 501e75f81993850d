import Accounts
import HTTP
import Synchronization
import Text

/// Admits or refuses requests by their heads; the one place where keys are checked.
final class Authenticator: Sendable {
  /// The longest time that a request waits for the key store.
  private static let timeout = Duration.seconds(5)

  /// The time that a service takes to restart; weights are mapped, not read.
  private static let restartSeconds = 5.0

  private let lookup: KeyLookup?
  private let secondsUntilIdle: @Sendable () -> Double
  private let watch: StoreWatch?
  private let draining = Atomic(false)
  /// Keys have some fifty characters.
  private static let longestKey = 256

  /// - Parameters:
  ///   - keys: The store of the keys; nil admits everyone.
  ///   - secondsUntilIdle: Estimates how long the renders that were accepted will take.
  ///   - log: Receives a line when the key store fails, and when it is back.
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

  /// Throws if no request can be admitted.
  func checkReadiness() throws {
    try checkDraining()
    try watch?.check()
  }

  /// Admits a request with a valid key; the key is looked up off the event loop.
  /// - Parameter next: Continues with the authenticated principal, off the event loop.
  func admit(
    _ head: RequestHead, then next: @escaping @Sendable (Principal) async throws -> Admission
  ) throws -> Admission {
    try checkDraining()
    guard let lookup else { return .deferred { try await next(.anonymous) } }
    return try authenticate(head, in: lookup, then: next)
  }

  /// Admits a request without a key, or with a valid one.
  /// - Parameter next: Continues with the authenticated principal, nil without a key; off the event loop.
  func admitVisitor(
    _ head: RequestHead, then next: @escaping @Sendable (Principal?) async throws -> Admission
  ) throws -> Admission {
    guard let lookup, head.headers["authorization"] != nil else {
      return .deferred { try await next(nil) }
    }
    return try authenticate(head, in: lookup, then: next)
  }

  private func authenticate(
    _ head: RequestHead, in lookup: KeyLookup,
    then next: @escaping @Sendable (Principal) async throws -> Admission
  ) throws -> Admission {
    let token = try token(of: head)
    return .deferred {
      let key = try await lookup.key(of: token)
      return try await next(Principal(keyID: key.id, key: key))
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

/// The authenticated sender of a request.
struct Principal: Sendable, Equatable {
  /// The key's id, which may be logged; the queue is fair between principals.
  let keyID: String
  /// The key; nil on a service without keys.
  let key: APIKey?

  /// Every sender on a service without keys.
  static let anonymous = Principal(keyID: "anonymous", key: nil)
}
