import Foundation
import HTTP
import Testing

/// An answer, with its body taken apart as JSON.
struct TestAnswer {
  let response: Response
  let body: [UInt8]

  var status: Int { response.status.code }
  var text: String { String(decoding: body, as: UTF8.self) }

  var json: [String: Any] {
    get throws {
      try #require(JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
    }
  }

  /// The members of the error object.
  var error: [String: Any] {
    get throws { try #require(json["error"] as? [String: Any]) }
  }

  var errorCode: String? { errorMember("code") }
  var errorParameter: String? { errorMember("param") }
  var errorMessage: String? { errorMember("message") }

  private func errorMember(_ name: String) -> String? {
    let document = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
    return (document?["error"] as? [String: Any])?[name] as? String
  }
}
