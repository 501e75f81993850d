import Accounts
import HTTP
import JSON
import Text

/// A request to the administration, understood by the fields of its operation.
struct AdminInput: Sendable {
  /// The header field in which a dashboard names the person who acts through it.
  static let actorField = "x-admin-actor"
  private static let actorLimit = 64

  /// The id in the path; empty where there is none.
  let id: String
  /// The last part of the operation's path, which names a list.
  let listName: Substring
  /// The author of a change, for the audit log.
  let actor: String
  private var values: [String: AdminField.Value] = [:]

  /// Understands the head of a request.
  init(
    _ head: RequestHead, id: ByteString?, operation: AdminOperation
  ) throws(APIError) {
    self.id = id?.string(limit: ByteString.nameLimit) ?? ""
    actor = try Self.actor(of: head)
    listName = operation.path.split(separator: "/").last ?? ""
    for item in head.target.query {
      guard let field = operation.query.first(where: { item.name.equals($0.name) }) else {
        throw Self.unknown(item.name, operation.query)
      }
      try set(field, try field.read(item.value))
    }
  }

  /// Understands the body of a request, which may be left out where nothing is required.
  mutating func read(_ body: [UInt8], _ operation: AdminOperation) throws(APIError) {
    if !body.isEmpty {
      let document: JSONValue
      do {
        document = try JSONValue(body)
      } catch {
        throw APIError(.invalidRequest, "the body is no JSON: \(error)")
      }
      guard case .object(let object) = document else {
        throw APIError(.invalidRequest, "the body must be an object, and is \(document.typeName)")
      }
      for member in object.members {
        guard let field = operation.body.first(where: { member.name.equals($0.name) }) else {
          throw Self.unknown(member.name, operation.body)
        }
        try set(field, try field.read(member.value))
      }
    }
    for field in operation.body where field.isRequired && values[field.name] == nil {
      throw .invalid(field.name, "\(field.name) is missing")
    }
  }

  func text(_ name: String) -> String? {
    if case .text(let text) = values[name] { text } else { nil }
  }

  func count(_ name: String) -> Int64? {
    if case .count(let count) = values[name] { count } else { nil }
  }

  func amount(_ name: String) -> Money? {
    if case .amount(let amount) = values[name] { amount } else { nil }
  }

  /// A time; `.some(nil)` for never.
  func time(_ name: String) -> Timestamp?? {
    switch values[name] {
    case .time(let time): time
    case .never: .some(nil)
    default: nil
    }
  }

  func month(_ name: String) -> UTCMonth? {
    if case .month(let month) = values[name] { month } else { nil }
  }

  /// The same request for what comes behind a place of the list.
  func continued(behind place: String) -> AdminInput {
    var next = self
    next.values["after"] = .text(place)
    return next
  }

  private mutating func set(_ field: AdminField, _ value: AdminField.Value) throws(APIError) {
    guard values.updateValue(value, forKey: field.name) == nil else {
      throw .duplicate(ByteString(field.name))
    }
  }

  private static func unknown(_ name: ByteString, _ fields: [AdminField]) -> APIError {
    let names = fields.map(\.name).joined(separator: ", ")
    return .invalid(
      "\(name)", "there is no \(name) here; there are \(names.isEmpty ? "none" : names)")
  }

  private static func actor(of head: RequestHead) throws(APIError) -> String {
    let fields = head.headers.values(of: ByteString(actorField))
    guard let field = fields.first else { return "api" }
    guard fields.count == 1, let text = field.string(limit: actorLimit), !text.isEmpty,
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else {
      throw .invalid(
        actorField, "\(actorField) must be one word of at most \(actorLimit) ASCII characters")
    }
    return "api:\(text)"
  }
}
