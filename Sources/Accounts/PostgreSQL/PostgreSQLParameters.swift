import CPostgreSQL

/// The parameters of one statement in libpq's form: integers and texts as texts, bytes as they are.
///
/// The server infers the types, so that one prepared statement serves values and NULL.
struct PostgreSQLParameters {
  /// The values one after another, each with a NUL behind it.
  private var bytes: [UInt8] = []
  private var offsets: [Int?] = []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []

  init(_ values: [SQLValue]) throws(AccountsError) {
    for value in values {
      switch value {
      case .null: append([], isBinary: false, isNull: true)
      case .integer(let integer): append(Array(String(integer).utf8), isBinary: false)
      case .text(let text):
        let utf8 = Array(text.utf8)
        guard !utf8.contains(0) else {
          throw AccountsError(.invalidValue, "a text for the key store has a NUL")
        }
        append(utf8, isBinary: false)
      case .blob(let blob):
        guard blob.count < Int32.max else {
          throw AccountsError(.invalidValue, "\(blob.count) bytes are too many for the key store")
        }
        append(blob, isBinary: true)
      }
    }
  }

  private mutating func append(_ value: [UInt8], isBinary: Bool, isNull: Bool = false) {
    offsets.append(isNull ? nil : bytes.count)
    lengths.append(Int32(value.count))
    formats.append(isBinary ? 1 : 0)
    if !isNull { bytes += value + [0] }
  }

  /// Sends a prepared statement with these parameters, its rows to be in binary form.
  /// - Parameter connection: An open connection.
  /// - Returns: False if libpq refused.
  func send(_ statement: String, on connection: OpaquePointer) -> Bool {
    unsafe bytes.withUnsafeBytes { bytes in
      let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      let values = unsafe offsets.map { offset in
        unsafe offset.flatMap { unsafe base?.advanced(by: $0) }
      }
      return unsafe PQsendQueryPrepared(
        connection, statement, Int32(offsets.count), values, lengths, formats, 1) == 1
    }
  }
}
