import Foundation
import FoundationNetworking
import TestSupport
import Testing

/// A running service that is administered.
@Suite struct AdministrationTests {
  private let program: IrisProgram

  init() throws { program = try IrisProgram() }

  /// The address and the token of the administration, from the log and the data directory.
  private func administration(_ service: RunningService) async throws -> (
    url: String, token: String
  ) {
    var found: String?
    _ = try await eventually {
      found = try service.log.split { " \n\";".contains($0) }
        .first { $0.hasSuffix("/admin/v1") }.map { String($0) }
      return found != nil
    }
    let file = program.directory.appending(path: "data/admin-token")
    let token = try String(contentsOf: file, encoding: .utf8)
    return (try #require(found), token.trimmingCharacters(in: .newlines))
  }

  private func send(
    _ method: String, _ url: String, token: String, _ body: String = ""
  ) async throws -> (status: Int, body: String) {
    var request = URLRequest(url: try #require(URL(string: url)))
    request.httpMethod = method
    request.setValue("Bearer \(token)", forHTTPHeaderField: "authorization")
    if !body.isEmpty { request.httpBody = Data(body.utf8) }
    let (data, response) = try await URLSession.shared.data(for: request)
    let status = try #require(response as? HTTPURLResponse).statusCode
    return (status, String(decoding: data, as: UTF8.self))
  }

  @Test func `a key made and revoked over HTTP is so at once, and no secret is in the log`()
    async throws
  {
    let service = try RunningService(program, "--admin-port", "0")
    defer { service.process.terminate() }
    let (url, token) = try await administration(service)
    let made = try await send("POST", url + "/keys", token: token, #"{"name":"shop"}"#)
    try #require(made.status == 200, "\(made.body)")
    let document = try JSONSerialization.jsonObject(with: Data(made.body.utf8))
    let key = try #require(document as? [String: Any])
    let (id, secret) = (try #require(key["id"] as? String), try #require(key["token"] as? String))
    #expect(try await service.render(token: secret).status == 200)
    #expect(try await send("POST", url + "/keys/\(id)/revoke", token: token).status == 200)
    #expect(try await service.render(token: secret).status == 401)
    #expect(try await send("GET", url + "/keys", token: secret).status == 401)
    let status = try await send("GET", url + "/status", token: token)
    #expect(status.status == 200 && status.body.contains(#""ready":true"#))
    let log = try service.log
    #expect(!log.contains(token) && !log.contains(secret))
    #expect(log.contains("/admin/v1/keys/{id}/revoke"))
  }

  @Test func `what the command line changes is felt by the next request`() async throws {
    let service = try RunningService(program)
    defer { service.process.terminate() }
    let token = try service.firstToken()
    let list = try program.run("keys", "list", "--json", "--data", "data").output
    let id = String(try #require(list.split(separator: "\"").first { $0.hasPrefix("key_") }))
    let rotated = try program.run("keys", "rotate", id, "--overlap", "0", "--data", "data")
    let next = rotated.output.trimmingCharacters(in: .newlines)
    #expect(try await service.render(token: token).status == 401)
    #expect(try await service.render(token: next).status == 200)
    _ = try program.run("keys", "update", id, "--expires", "2020-01-01", "--data", "data")
    #expect(try await service.render(token: next).status == 401)
    _ = try program.run(
      "keys", "update", id, "--expires", "never", "--rpm", "0", "--data", "data")
    #expect(try await service.render(token: next).status == 429)
    _ = try program.run("keys", "update", id, "--rpm", "60", "--monthly-cap", "0", "--data", "data")
    #expect(try await service.render(token: next).status == 402)
    _ = try program.run("keys", "update", id, "--monthly-cap", "1", "--data", "data")
    _ = try program.run("accounts", "suspend", "acct_default", "--data", "data")
    #expect(try await service.render(token: next).status == 403)
    _ = try program.run("accounts", "resume", "acct_default", "--data", "data")
    #expect(try await service.render(token: next).status == 200)
  }

  @Test func `a credential comes before the token of the data directory`() async throws {
    let credentials = program.directory.appending(path: "credentials")
    try FileManager.default.createDirectory(at: credentials, withIntermediateDirectories: false)
    let chosen = String(repeating: "c", count: 40)
    try Data("\(chosen)\n".utf8).write(to: credentials.appending(path: "admin-token"))
    let service = try RunningService(
      program, ["--admin-port", "0"], environment: ["CREDENTIALS_DIRECTORY": credentials.path])
    defer { service.process.terminate() }
    var url: String?
    _ = try await eventually {
      url = try service.log.split { " \n\";".contains($0) }
        .first { $0.hasSuffix("/admin/v1") }.map { String($0) }
      return url != nil
    }
    #expect(try await send("GET", try #require(url) + "/accounts", token: chosen).status == 200)
    #expect(
      !FileManager.default.fileExists(
        atPath: program.directory.appending(path: "data/admin-token").path))
  }
}
