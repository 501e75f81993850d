import Foundation
import FoundationNetworking
import TestSupport
import Testing

/// The administration of a running service.
struct AdminAccess {
  /// The address, with `/admin/v1`.
  let url: String
  let token: String

  /// Finds the address in the log.
  /// - Parameter token: The token; by default the one in the data directory.
  init(_ service: RunningService, _ program: IrisProgram, token: String? = nil) async throws {
    var found: String?
    _ = try await eventually {
      found = try service.log.split { " \n\";".contains($0) }
        .first { $0.hasSuffix("/admin/v1") }.map { String($0) }
      return found != nil
    }
    url = try #require(found, "the log names no address of the administration")
    let file = program.directory.appending(path: "data/admin-token")
    self.token =
      try token
      ?? String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .newlines)
  }

  /// Asks for a path behind the address.
  /// - Parameter other: Another token than that of the administration.
  func send(
    _ method: String, _ path: String, _ body: String = "", token other: String? = nil
  ) async throws -> (status: Int, body: String) {
    var request = URLRequest(url: try #require(URL(string: url + path)))
    request.httpMethod = method
    request.setValue("Bearer \(other ?? token)", forHTTPHeaderField: "authorization")
    if !body.isEmpty { request.httpBody = Data(body.utf8) }
    let (data, response) = try await URLSession.shared.data(for: request)
    let status = try #require(response as? HTTPURLResponse).statusCode
    return (status, String(decoding: data, as: UTF8.self))
  }
}
