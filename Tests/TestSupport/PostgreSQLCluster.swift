import Foundation
import Synchronization

/// A PostgreSQL server of the tests' own, in a temporary folder, on a Unix socket.
///
/// It ends with the program that made it, however that ends: a shell waits for the end of a pipe.
public final class PostgreSQLCluster: Sendable {
  /// The server that tests share; nil where there is none to start.
  ///
  /// A crash of the machine may lose its data.
  public static let shared = try? PostgreSQLCluster(isDurable: false)

  /// Why tests are skipped without it.
  public static let missing =
    "NOT TESTED: PostgreSQL cannot be started here; `./iris test` installs Debian's postgresql"

  /// The user with a password, whom the server asks for it; everybody else may come in.
  public static let guardedUser = (name: "guarded", password: "p@ss:w/rd%")

  private static let owner = "iris"
  private let folder: String
  private let programs: String
  private let options: String
  /// A shell that starts the server for each line that it reads, and ends it with its input.
  private let guardian: Process
  private let commands = Pipe()
  private let schemaCount = Atomic<Int>(0)

  /// Creates a server and starts it.
  /// - Parameter isDurable: True if what was committed must survive a crash of the machine.
  public init(isDurable: Bool) throws {
    programs = try Self.findPrograms()
    // A Unix socket's path has at most 107 bytes.
    let name = "iris-pg-\(UUID().uuidString.prefix(8))"
    folder = FileManager.default.temporaryDirectory.appending(path: name).path
    options =
      "-c fsync=\(isDurable ? "on" : "off") -c listen_addresses= -c unix_socket_directories=\(folder)"
      + " -c max_connections=200"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    guardian = Process()
    try guardUntilEnd()
    if getuid() == 0 { _ = try ProgramRun.run(["chown", Self.user, folder]) }
    try run(["initdb", "--no-sync", "-U", Self.owner, "-A", "trust", "-E", "UTF8", "--locale=C"])
    try start()
    let password = Self.guardedUser.password
    try execute("CREATE ROLE \(Self.guardedUser.name) SUPERUSER LOGIN PASSWORD '\(password)'")
    let rules = "local all \(Self.guardedUser.name) scram-sha-256\nlocal all all trust\n"
    try rules.write(toFile: "\(data)/pg_hba.conf", atomically: false, encoding: .utf8)
    try run(["pg_ctl", "reload"])
  }

  deinit { try? commands.fileHandleForWriting.close() }

  /// Starts the server and waits until it takes connections.
  public func start() throws {
    try commands.fileHandleForWriting.write(contentsOf: Data("start\n".utf8))
    // Recovery after a crash takes minutes where many ask to be let in meanwhile, and one core does all.
    for _ in 0..<60_000 {
      if (try? run(["pg_isready", "-q", "-h", folder])) != nil { return }
      usleep(10_000)
    }
    throw Failure(description: "PostgreSQL does not start; see \(folder)/log")
  }

  /// Stops the server as a crash would: nothing is written any more.
  public func crash() throws { try run(["pg_ctl", "stop", "-w", "-t", "600", "-m", "immediate"]) }

  /// Runs a statement with psql.
  public func execute(_ sql: String) throws {
    let url = url(user: Self.owner)
    let run = try ProgramRun.run([
      "\(programs)/psql", "-qX", "-v", "ON_ERROR_STOP=1", url, "-c", sql,
    ])
    guard run.status == 0 else { throw Failure(description: run.output) }
  }

  /// Makes a schema, in which a store's tables are apart from those of others.
  /// - Returns: The URL with which the schema's tables are found.
  public func makeSchema() throws -> String {
    let name = "s\(schemaCount.wrappingAdd(1, ordering: .relaxed).newValue)"
    try execute("CREATE SCHEMA \(name)")
    return url(schema: name)
  }

  /// The URL of the database.
  public func url(
    user: String = "iris", password: String? = nil, schema: String? = nil
  ) -> String {
    let secret = password.map { text in
      ":" + (text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
    }
    let path = schema.map { "&options=-csearch_path%3D\($0)" }
    return "postgresql://\(user)\(secret ?? "")@/postgres?host=\(folder)\(path ?? "")"
  }

  // MARK: Programs

  private struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private var data: String { "\(folder)/data" }

  /// PostgreSQL refuses to run as root.
  private static var user: String {
    unsafe getpwnam("postgres") == nil ? "nobody" : "postgres"
  }

  private static var asUser: [String] {
    guard getuid() == 0 else { return [] }
    let group = user == "postgres" ? "postgres" : "nogroup"
    return ["setpriv", "--reuid=\(user)", "--regid=\(group)", "--clear-groups"]
  }

  /// The folder of the server's programs: the one that `IRIS_TEST_POSTGRESQL` names, Debian's newest, or
  /// that of `pg_config`.
  private static func findPrograms() throws -> String {
    let named = ProcessInfo.processInfo.environment["IRIS_TEST_POSTGRESQL"]
    let debian = "/usr/lib/postgresql"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: debian)) ?? []
    let newest = versions.compactMap { Int($0) }.max().map { "\(debian)/\($0)/bin" }
    let folder =
      try named ?? newest
      ?? ProgramRun.run(["pg_config", "--bindir"]).output.trimmingCharacters(in: .newlines)
    guard FileManager.default.isExecutableFile(atPath: "\(folder)/initdb") else {
      throw Failure(description: "there is no initdb")
    }
    return folder
  }

  private func run(_ command: [String]) throws {
    let run = try ProgramRun.run(
      Self.asUser + ["env", "PGDATA=\(data)", "\(programs)/\(command[0])"] + command.dropFirst(),
      in: URL(filePath: "/"))
    guard run.status == 0 else { throw Failure(description: run.output) }
  }

  private func guardUntilEnd() throws {
    let asUser = Self.asUser.joined(separator: " ")
    guardian.executableURL = URL(filePath: "/bin/sh")
    guardian.arguments = [
      "-c",
      """
      trap '' INT TERM
      while read -r line; do \(asUser) \(programs)/postgres -D \(data) \(options) & done
      \(asUser) \(programs)/pg_ctl -D \(data) stop -m immediate
      rm -rf \(folder)
      """,
    ]
    guardian.currentDirectoryURL = URL(filePath: "/")
    guardian.standardInput = commands
    let log = "\(folder)/log"
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    let output = FileHandle(forWritingAtPath: log)
    guardian.standardOutput = output
    guardian.standardError = output
    try guardian.run()
  }
}
