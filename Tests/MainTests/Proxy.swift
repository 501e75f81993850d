import Foundation
import TestSupport
import Testing

/// nginx before some nodes, as the guide sets it up, in a folder of its own.
final class Proxy: Sendable {
  static let program = "/usr/sbin/nginx"
  /// True where it can be run, and a certificate can be made for it.
  static let isInstalled =
    [[program, "-v"], ["openssl", "version"]]
    .allSatisfy { (try? ProgramRun.run($0))?.status == 0 }

  /// An answer.
  struct Answer {
    let status: Int
    let body: String
  }

  private static let name = "images.example.com"
  private let folder: TemporaryFolder
  private let process: Process
  private let port: UInt16

  /// Starts it and waits until it listens.
  /// - Parameter ports: The nodes' ports; the nodes of the guide that are too many are left out.
  init(ports: [UInt16]) throws {
    folder = try TemporaryFolder()
    port = try Self.freePort()
    try Self.makeCertificate(in: folder)
    try folder.write(
      """
      daemon off;
      pid nginx.pid;
      error_log error.log;
      events {}
      http {
        log_format ids '$request_id $status $upstream_status';
        access_log access.log ids;
        client_body_temp_path bodies;
        \(try Self.site(ports, port: port, folder: folder.path))
      }

      """, to: "nginx.conf")
    process = Process()
    process.executableURL = URL(filePath: Self.program)
    process.arguments = ["-p", folder.path, "-e", "error.log", "-c", "nginx.conf"]
    process.standardError = FileHandle.nullDevice
    try process.run()
    let isListening = Blocking.eventually { [folder] in
      FileManager.default.fileExists(atPath: folder.path("nginx.pid"))
    }
    let log = (try? String(contentsOf: folder.url("error.log"), encoding: .utf8)) ?? ""
    try #require(isListening && process.isRunning, "nginx does not start: \(log)")
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
  }

  /// Asks for an image over TLS.
  func post(_ body: String, fields: [String]) async throws -> Answer {
    var command = [
      "curl", "-sS", "--max-time", "120", "--cacert", folder.path("fullchain.pem"), "--resolve",
      "\(Self.name):\(port):127.0.0.1", "-w", "\n%{http_code}", "--data-binary", body,
      "-H", "content-type: application/json", "-H", "expect:",
    ]
    for field in fields { command += ["-H", field] }
    command.append("https://\(Self.name):\(port)/v1/images/generations")
    let run = try await Blocking.run { [command] in Result { try ProgramRun.run(command) } }.get()
    let end = try #require(run.output.lastIndex(of: "\n"), "\(run.output)")
    return Answer(
      status: Int(run.output[end...].dropFirst()) ?? 0, body: String(run.output[..<end]))
  }

  /// The id of the last request that it has logged.
  func lastRequestID() throws -> String? {
    try String(contentsOf: folder.url("access.log"), encoding: .utf8)
      .split(separator: "\n").last?.split(separator: " ").first.map { String($0) }
  }

  // MARK: Configuration

  /// The file of the deployment with the guide's changes, at a port and a certificate of the test's own.
  private static func site(_ ports: [UInt16], port: UInt16, folder: String) throws -> String {
    var site = try String(
      contentsOf: Repository.root.appending(path: "Deployment/nginx.conf"), encoding: .utf8)
    let (upstream, location) = try blocks()
    site.replace(/upstream iris \{[^}]*\}/, with: try nodes(upstream, ports))
    // The guide has its lines in place of those of the same name.
    for line in location.split(separator: "\n") {
      let name = line.split(separator: " ")[0]
      site = site.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !$0.contains(" \(name) ") }.joined(separator: "\n")
    }
    site.replace("    proxy_pass http://iris;\n", with: "    proxy_pass http://iris;\n" + location)
    site.replace(/\n  listen .*;/, with: "")
    site.replace("  return 301", with: "  listen unix:\(folder)/plain;\n  return 301")
    site.replace("  ssl_certificate ", with: "  listen 127.0.0.1:\(port) ssl;\n  ssl_certificate ")
    site.replace("/etc/ssl/\(name)", with: folder)
    return site
  }

  /// The blocks of the guide: the upstream, and the lines of the location.
  private static func blocks() throws -> (upstream: String, location: String) {
    let guide = try String(
      contentsOf: Repository.root.appending(path: "Documentation/serving.md"), encoding: .utf8)
    let start = try #require(guide.range(of: "**nginx before three nodes.**")).upperBound
    let blocks = guide[start...].components(separatedBy: "```\n")
    return (try #require(blocks.dropFirst().first), try #require(blocks.dropFirst(3).first))
  }

  private static func nodes(_ upstream: String, _ ports: [UInt16]) throws -> String {
    var upstream = upstream
    for number in 1...3 {
      let node = "10.0.0.\(number):8080"
      try #require(upstream.contains(node))
      if number <= ports.count {
        upstream.replace(node, with: "127.0.0.1:\(ports[number - 1])")
      } else {
        upstream = upstream.split(separator: "\n").filter { !$0.contains(node) }
          .joined(separator: "\n")
      }
    }
    return upstream
  }

  private static func makeCertificate(in folder: TemporaryFolder) throws {
    let made = try ProgramRun.run([
      "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
      "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)", "-keyout",
      folder.path("privkey.pem"), "-out", folder.path("fullchain.pem"),
    ])
    try #require(made.status == 0, "\(made.output)")
  }

  /// A port that was free a moment ago.
  private static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    try #require(isBound)
    return UInt16(bigEndian: address.sin_port)
  }
}
