import Accounts
import HTTP
import JSON
import Text

/// A list of the administration: read page by page, given as pages of JSON or whole as CSV.
struct AdminList<Record: Sendable>: Sendable {
  /// The schema of a record, by its name in the document.
  let schema: String
  /// The place of a record in the list, for `after`.
  let place: @Sendable (Record) -> String
  let document: @Sendable (Record) -> JSONValue
  let read: @Sendable (Store, AdminInput, _ limit: Int64) async throws -> [Record]

  /// Answers with a page or, as CSV, with all of the list.
  func answer(_ store: Store, _ input: AdminInput) async throws -> Response {
    guard input.text("format") == "csv" else {
      return .json(try await page(store, input, input.count("limit") ?? AdminOperation.pageCount))
    }
    guard input.count("limit") == nil else {
      throw APIError.invalid("limit", "limit is for pages: as CSV a list is given whole")
    }
    return try await csv(store, input)
  }

  /// One record more than asked for is read, which tells whether there is another page.
  private func page(
    _ store: Store, _ input: AdminInput, _ limit: Int64
  ) async throws -> JSONValue {
    let records = try await read(store, input, limit + 1)
    let page = records.prefix(Int(limit))
    let hasMore = records.count > page.count
    return .object(present: [
      ("object", "list"), ("data", .array(page.map(document))), ("has_more", .boolean(hasMore)),
      ("next", hasMore ? page.last.map { .string(place($0)) } : nil),
    ])
  }

  /// The first page is read before the answer begins, so that an error still has its status; a later one
  /// cuts the connection.
  private func csv(_ store: Store, _ input: AdminInput) async throws -> Response {
    let table = AdminTable(schema: schema)
    let limit = AdminOperation.pageCounts.upperBound
    let first = try await read(store, input, limit)
    return Response(
      .ok,
      headers: [
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": "attachment; filename=\"\(input.listName).csv\"",
      ],
      body: .stream { writer in
        try await writer.write(table.header)
        var (page, input) = (first, input)
        while true {
          try await writer.write(page.flatMap { table.line(document($0)) })
          guard page.count == limit, let last = page.last else { return }
          input = input.continued(behind: place(last))
          page = try await read(store, input, limit)
        }
      })
  }
}

/// The columns of a list as CSV: the members of its records' schema, those of an object in it too.
struct AdminTable: Sendable {
  /// The names that lead from a record to each column's value.
  private let columns: [[ByteString]]

  /// - Parameter schema: The name of a schema of the document.
  init(schema: String) {
    columns = AdminDocument.schemas.first { $0.0 == schema }.map { Self.leaves(of: $0.1) } ?? []
  }

  /// The first line: `limits_rpm` for the member `rpm` of `limits`.
  var header: [UInt8] {
    Self.line(columns.map { path in path.map { "\($0)" }.joined(separator: "_") })
  }

  /// The line of a record; what it has not is empty.
  func line(_ record: JSONValue) -> [UInt8] {
    Self.line(
      columns.map { path in
        switch path.reduce(record as JSONValue?, { $0?[$1] }) {
        case nil: ""
        case .string(let text): String(decoding: text.bytes, as: UTF8.self)
        case let value?: value.text(.sorted)
        }
      })
  }

  private static func line(_ cells: [String]) -> [UInt8] {
    Array((CSVFormat.record(cells) + CSVFormat.lineBreak).utf8)
  }

  private static func leaves(of schema: JSONValue) -> [[ByteString]] {
    guard case .object(let properties)? = schema["properties"] else { return [[]] }
    return properties.members.flatMap { member in
      leaves(of: member.value).map { [member.name] + $0 }
    }
  }
}

extension JSONValue {
  /// The member of an object; nil of anything else.
  fileprivate subscript(name: ByteString) -> JSONValue? {
    if case .object(let object) = self { object[name] } else { nil }
  }
}
