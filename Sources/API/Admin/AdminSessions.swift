package import HTTP
import Hashing
import Synchronization
package import Text

/// The sessions of people who signed in at the dashboard with the administration's token.
///
/// A session is a cookie that no script can read and that browsers send for pages of this site alone
/// (RFC 6265bis §4.1.2); a change also needs its second token, which only a page of this origin can have
/// read. Sessions live as long as the process.
package final class AdminSessions: Sendable {
  /// A session that has begun.
  package struct Session: Sendable {
    /// The token that changes must bring.
    package let csrfToken: String
    fileprivate let end: ContinuousClock.Instant
  }

  /// The field that brings the token of a change.
  static let csrfField: ByteString = "x-csrf-token"
  private static let cookie: ByteString = "iris_admin"
  /// A working day.
  private static let seconds = 8 * 3600
  /// More people than that do not administer one service: the oldest session makes room.
  private static let mostSessions = 100

  /// By the hashes of their cookies, so that finding one takes no time that tells of another.
  private let sessions = Mutex<[SHA256Digest: Session]>([:])
  private let now: @Sendable () -> ContinuousClock.Instant

  /// Creates a list without sessions.
  package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
    self.now = now
  }

  /// Begins a session.
  /// - Returns: The session, and the field that sets its cookie.
  package func begin() -> (session: Session, cookie: ByteString) {
    let secret = RandomSecret().hexadecimal
    let session = Session(
      csrfToken: RandomSecret().hexadecimal, end: now() + .seconds(Self.seconds))
    sessions.withLock { sessions in
      sessions = sessions.filter { $0.value.end > now() }
      if sessions.count >= Self.mostSessions,
        let oldest = sessions.min(by: { $0.value.end < $1.value.end })
      {
        sessions[oldest.key] = nil
      }
      sessions[SHA256.hash(secret.utf8)] = session
    }
    return (session, Self.field(secret, seconds: Self.seconds))
  }

  /// Returns the session of a request's cookie.
  package func session(of headers: Headers) -> Session? {
    guard let secret = Self.secret(of: headers) else { return nil }
    let session = sessions.withLock { $0[SHA256.hash(secret.bytes)] }
    return session.flatMap { $0.end > now() ? $0 : nil }
  }

  /// Ends the session of a request's cookie.
  /// - Returns: The field that removes the cookie.
  func end(of headers: Headers) -> ByteString {
    if let secret = Self.secret(of: headers) {
      sessions.withLock { $0[SHA256.hash(secret.bytes)] = nil }
    }
    return Self.field("", seconds: 0)
  }

  private static func field(_ secret: String, seconds: Int) -> ByteString {
    ByteString(
      "\(cookie)=\(secret); Path=/admin; Max-Age=\(seconds); HttpOnly; SameSite=Strict")
  }

  /// The value of the cookie; nil where there is none, or several.
  private static func secret(of headers: Headers) -> ByteString? {
    let pairs = headers.values(of: "cookie").flatMap { $0.split(on: ";") }
    let values = pairs.compactMap { pair -> ByteString? in
      guard let (name, value) = pair.trimmed.split(atFirst: "="), name == cookie else { return nil }
      return value
    }
    return values.count == 1 ? values[0] : nil
  }
}
