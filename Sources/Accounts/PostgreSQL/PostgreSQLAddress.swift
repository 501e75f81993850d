import CPostgreSQL

/// Where a PostgreSQL database is and as whom to connect, as a URL; it may hold a password.
///
/// Its description is all that is ever shown: what libpq says of a URL may quote it.
public struct PostgreSQLAddress: Sendable, Equatable, CustomStringConvertible {
  /// The schemes that libpq knows.
  private static let schemes = ["postgresql://", "postgres://"]
  private static let lengthLimit = 4096

  /// The URL, for libpq alone.
  let url: String
  /// The user, host, port and database, without the password.
  public let description: String

  /// Reads a URL such as `postgresql://user:password@host:5432/database?sslmode=verify-full`.
  /// - Throws: `invalidValue`, without quoting the URL.
  public init(_ url: String) throws(AccountsError) {
    guard Self.schemes.contains(where: { url.hasPrefix($0) }), url.utf8.count <= Self.lengthLimit,
      !url.utf8.contains(0), let options = Self.options(of: url), Self.isPlain(options)
    else {
      throw AccountsError(
        .invalidValue,
        "the store's URL cannot be read; it has the form "
          + "postgresql://user:password@host:5432/database?sslmode=verify-full, in which "
          + "characters such as @, /, :, % and blanks of a password are written %40, %2F, %3A, %25 "
          + "and %20")
    }
    self.url = url
    description = Self.describe(options)
  }

  /// The options by libpq's keywords; nil if the URL cannot be read.
  private static func options(of url: String) -> [String: String]? {
    guard let parsed = unsafe PQconninfoParse(url, nil) else { return nil }
    defer { unsafe PQconninfoFree(parsed) }
    var options: [String: String] = [:]
    var option = unsafe parsed
    while let keyword = unsafe option.pointee.keyword {
      if let value = unsafe option.pointee.val {
        unsafe options[String(cString: keyword)] = String(cString: value)
      }
      unsafe option += 1
    }
    return options
  }

  /// False if a mark of a password that is not escaped put a part of it where it would be shown.
  private static func isPlain(_ options: [String: String]) -> Bool {
    let (host, port) = (options["host"] ?? "", options["port"] ?? "")
    return !host.utf8.contains(UInt8(ascii: "@"))
      && port.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ",") }
      && (options["dbname"] ?? "").utf8.allSatisfy {
        $0 != UInt8(ascii: "@") && $0 != UInt8(ascii: "/")
      }
  }

  private static func describe(_ options: [String: String]) -> String {
    var text = "postgresql://"
    if let user = options["user"] { text += user + "@" }
    text += options["host"] ?? options["hostaddr"] ?? ""
    if let port = options["port"] { text += ":" + port }
    if let database = options["dbname"] { text += "/" + database }
    return text
  }
}
