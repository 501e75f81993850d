import API
import Foundation
import HTTP
import Synchronization
import Text

/// Stands in for the service where that cannot be brought to answer as a test wants.
///
/// It answers with any code of the catalogue, or is busy for a while, in the words and fields that the
/// service has for them, and counts how often it was asked.
final class CatalogueDouble: Handler {
  private typealias Instant = ContinuousClock.Instant

  /// The number of times that it is busy before it renders.
  private static let busyCount = 2

  private let image: String
  private let error: (any Error)?
  /// The times at which each name was asked for.
  private let tries = Mutex<[String: [Instant]]>([:])

  /// - Parameter error: The response to every request, if one is given.
  init(throwing error: (any Error)? = nil) throws {
    self.error = error
    image = Data(try TestImage.png(width: 16, height: 16)).base64EncodedString()
  }

  func admit(_ head: RequestHead) throws -> Admission {
    if let error { throw error }
    let segments = head.target.segments
    let name = segments.count > 1 ? String(decoding: segments[1], as: UTF8.self) : ""
    switch segments.first {
    case "codes":
      let codes = ErrorCode.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
      return .respond(Self.json(#"{"codes":[\#(codes)]}"#))
    case "tries": return .respond(Self.json(account(of: name)))
    case "answer":
      return .accept { [self] _, _ in throw answer(name) }
    case "after":
      return .accept { [self] _, _ in
        guard note(name) > Self.busyCount else { throw busy(name) }
        return Self.json(#"{"created":1,"data":[{"b64_json":"\#(image)"}]}"#)
      }
    default: throw HTTPError(.notFound, "nothing is served at this path")
    }
  }

  func response(to error: any Error, for head: RequestHead?, number: UInt64) -> Response {
    var response = (APIError(mapping: error) ?? .unexpected(id: "req_double")).response
    response.headers["x-request-id"] = "req_double"
    return response
  }

  private func answer(_ name: String) -> any Error {
    _ = note(name)
    guard let code = ErrorCode(rawValue: name) else { return HTTPError(.notFound, "no such code") }
    var error = APIError(code, parameter: "field", "the words of \(name)")
    if [409, 429].contains(error.status.code) { error.retryAfterSeconds = 0.2 }
    return error
  }

  /// - Parameter fields: The header fields with the time to come back, as `name: value, name: value`.
  private func busy(_ fields: String) -> APIError {
    var error = APIError(.backendBusy, "come back later")
    for field in fields.components(separatedBy: ", ") {
      let parts = field.components(separatedBy: ": ")
      if parts.count == 2 { error.headers[ByteString(parts[0])] = ByteString(parts[1]) }
    }
    return error
  }

  private func note(_ name: String) -> Int {
    tries.withLock {
      $0[name, default: []].append(.now)
      return $0[name]?.count ?? 0
    }
  }

  private func account(of name: String) -> String {
    let times = tries.withLock { $0[name] ?? [] }
    let gaps = zip(times, times.dropFirst()).map { "\(($1 - $0) / .seconds(1))" }
    return #"{"count":\#(times.count),"gaps":[\#(gaps.joined(separator: ","))]}"#
  }

  private static func json(_ text: String) -> Response {
    Response(.ok, headers: ["content-type": "application/json"], body: .bytes(Array(text.utf8)))
  }
}
