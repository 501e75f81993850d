import Accounts
import HTTP
import JSON

/// One operation of the administration: its route, its fields, and what it does.
///
/// The router, the reading of requests and the OpenAPI document are made from the same entries.
struct AdminOperation: Sendable {
  /// The schema of an answer, by its name in the document.
  enum Answer: Sendable {
    /// One record.
    case one(String)
    /// A page of records.
    case page(of: String)
  }

  /// The prefix of every path.
  static let root = "/admin/v1"
  /// The most records of a page, and those of one that does not say.
  static let (pageCounts, pageCount): (ClosedRange<Int64>, Int64) = (1...1000, 100)

  let id: String
  let method: Method
  let path: String
  let summary: String
  var query: [AdminField] = []
  var body: [AdminField] = []
  let answer: Answer
  let action: @Sendable (Store, AdminInput) async throws -> Response

  /// An operation that lists records, as pages or as CSV.
  static func page<Record: Sendable>(
    _ id: String, _ path: String, of schema: String, _ summary: String, filters: [AdminField],
    place: @escaping @Sendable (Record) -> String,
    document: @escaping @Sendable (Record) -> JSONValue,
    read: @escaping @Sendable (Store, AdminInput, _ limit: Int64) async throws -> [Record]
  ) -> AdminOperation {
    let list = AdminList(schema: schema, place: place, document: document, read: read)
    return AdminOperation(
      id: id, method: .get, path: root + path, summary: summary,
      query: filters + [
        AdminField("after", .identifier, "The `next` of the page before."),
        AdminField("limit", .count(pageCounts), "The most records of the page."),
        AdminField("format", .choice(["json", "csv"]), "Pages, or the whole list as CSV."),
      ],
      answer: .page(of: schema), action: list.answer)
  }

  /// An operation that reads one record.
  static func read(
    _ id: String, _ path: String, _ schema: String, _ summary: String,
    _ action: @escaping @Sendable (Store, AdminInput) async throws -> JSONValue
  ) -> AdminOperation {
    AdminOperation(
      id: id, method: .get, path: root + path, summary: summary, answer: .one(schema)
    ) { .json(try await action($0, $1)) }
  }

  /// An operation that changes something.
  static func change(
    _ id: String, method: Method = .post, _ path: String, _ schema: String, _ summary: String,
    _ body: [AdminField] = [],
    _ action: @escaping @Sendable (Store, AdminInput) async throws -> JSONValue
  ) -> AdminOperation {
    AdminOperation(
      id: id, method: method, path: root + path, summary: summary, body: body,
      answer: .one(schema)
    ) { .json(try await action($0, $1)) }
  }
}
