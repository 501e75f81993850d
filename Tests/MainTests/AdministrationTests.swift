import Foundation
import TestSupport
import Testing

/// A running service that is administered.
@Suite struct AdministrationTests {
  private let program: IrisProgram

  init() throws { program = try IrisProgram() }

  @Test func `a key made and revoked over HTTP is so at once, and no secret is in the log`()
    async throws
  {
    let service = try RunningService(program, "--admin-port", "0")
    defer { service.process.terminate() }
    let admin = try await AdminAccess(service, program)
    let made = try await admin.send("POST", "/keys", #"{"name":"shop"}"#)
    try #require(made.status == 200, "\(made.body)")
    let document = try JSONSerialization.jsonObject(with: Data(made.body.utf8))
    let key = try #require(document as? [String: Any])
    let (id, secret) = (try #require(key["id"] as? String), try #require(key["token"] as? String))
    #expect(try await service.render(token: secret).status == 200)
    #expect(try await admin.send("POST", "/keys/\(id)/revoke").status == 200)
    #expect(try await service.render(token: secret).status == 401)
    #expect(try await admin.send("GET", "/keys", token: secret).status == 401)
    let status = try await admin.send("GET", "/status")
    #expect(status.status == 200 && status.body.contains(#""ready":true"#))
    let log = try service.log
    #expect(!log.contains(admin.token) && !log.contains(secret))
    #expect(log.contains("/admin/v1/keys/{id}/revoke"))
  }

  @Test(.enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
  func `schemathesis finds no answer that the document of the administration does not have`()
    async throws
  {
    let service = try RunningService(program, "--admin-port", "0")
    defer { service.process.terminate() }
    let admin = try await AdminAccess(service, program)
    let base = admin.url.replacing("/admin/v1", with: "")
    let outcome = try await ServiceClient.python.run(
      "openapi_cases.py", [base, admin.token, "admin"])
    #expect(outcome.status == 0, "\(outcome.output.suffix(6000))")
    #expect(try !service.log.contains("internal_error"))
    #expect(try program.run("store", "check", "--data", "data").status == 0)
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
    let admin = try await AdminAccess(service, program, token: chosen)
    #expect(try await admin.send("GET", "/accounts").status == 200)
    #expect(
      !FileManager.default.fileExists(
        atPath: program.directory.appending(path: "data/admin-token").path))
  }
}
