/// The conditions of a query that holds where all of them do, with their parameters in order.
struct SQLFilter {
  /// The parameters so far.
  private(set) var values: [SQLValue] = []
  private var conditions: [String] = []

  /// Adds a condition, such as `key_id =` or `(created_at, id) >`, with the parameters that follow it.
  mutating func add(_ condition: String, _ parameters: SQLValue...) {
    let names = parameters.indices.map { "$\(values.count + $0 + 1)" }.joined(separator: ", ")
    values += parameters
    conditions.append(condition + (parameters.count == 1 ? " \(names)" : " (\(names))"))
  }

  /// The WHERE clause; empty without conditions.
  var clause: String {
    conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
  }

  /// The name of the parameter after those of the conditions.
  var next: String { "$\(values.count + 1)" }
}

extension [SQLRow] {
  /// Reads every row.
  func mapped<Value>(
    _ read: (SQLRow) throws(AccountsError) -> Value
  ) throws(AccountsError) -> [Value] {
    var result: [Value] = []
    for row in self { result.append(try read(row)) }
    return result
  }
}
