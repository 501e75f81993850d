internal import Accounts
internal import HTTP
internal import Synchronization
internal import Text

/// Decides who may ask for a render, on the request's head alone: the one place where keys are
/// checked, and later limits and money.
final class Gatekeeper: Sendable {
  private let keys: KeyStore?
  private let draining = Atomic(false)
  /// Keys have some fifty characters; what is longer is none.
  private static let longestKey = 256

  /// - Parameter keys: Who may enter; nil lets everyone in.
  init(keys: KeyStore?) { self.keys = keys }

  /// Whether new work is refused.
  var isDraining: Bool { draining.load(ordering: .relaxed) }

  /// Refuses new work from now on.
  func drain() { draining.store(true, ordering: .relaxed) }

  /// Lets a request in, or throws what answers it.
  func admit(_ head: RequestHead) throws -> Caller {
    guard !isDraining else { throw APIError.unavailable("the service is shutting down") }
    guard let keys else { return .anonymous }
    let key = try keys.authenticate(try token(of: head))
    return Caller(keyID: key.id)
  }

  private func token(of head: RequestHead) throws(APIError) -> Token {
    let fields = head.headers.values(of: "authorization")
    guard fields.count == 1, let field = fields.first else {
      throw APIError(
        .authentication, "the API key is missing: send `Authorization: Bearer <key>`, once")
    }
    let words = ByteString(field).split(separator: UInt8(ascii: " "))
    guard words.count == 2, words[0].equalsIgnoringASCIICase("bearer") else {
      throw APIError(.authentication, "the Authorization field is not `Bearer <key>`")
    }
    guard let text = words[1].string(limit: Self.longestKey), let token = Token(text) else {
      throw APIError(.authentication, "the API key is malformed or mistyped")
    }
    return token
  }
}
