import Foundation
import FoundationNetworking
import TestSupport
import Testing

/// `iris serve`, as it runs for a test.
struct RunningService {
  static let model = RenderCase.folder("tiny").appending(path: "model").path

  let process: Process
  /// The output: the place of the first key's token, if one was made, and the address.
  let lines: [String]
  let address: String
  private let program: IrisProgram
  private let watch: LogWatch

  /// Starts it and waits until it says where it listens.
  init(
    _ program: IrisProgram, _ options: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try self.init(program, options, sourceLocation: sourceLocation)
  }

  /// Starts it and waits until it says where it listens.
  /// - Parameter model: The model's directory; nil where a configuration file lists the models.
  init(
    _ program: IrisProgram, _ options: [String], model: String? = model,
    launcher: [String] = [], environment: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    self.program = program
    watch = LogWatch(program, sourceLocation: sourceLocation)
    let output = Pipe()
    let errors = program.directory.appending(path: "log")
    try Data().write(to: errors)
    process = try program.start(
      [
        "serve", "--port", "0", "--metrics-port", "0", "--data", "data", "--threads", "1",
      ] + (model.map { ["--model", $0] } ?? []) + Self.withoutLimits(options) + options,
      output: output, errors: try FileHandle(forWritingTo: errors), launcher: launcher,
      environment: environment)
    var text = ""
    var found: [String] = []
    repeat {
      let data = output.fileHandleForReading.availableData
      try #require(
        !data.isEmpty,
        "it ended: \((try? Data(contentsOf: errors)).map { String(decoding: $0, as: UTF8.self) } ?? "")"
      )
      text += String(decoding: data, as: UTF8.self)
      found = text.split(separator: "\n").map { String($0) }
    } while !text.hasSuffix("\n") || !(found.last?.hasPrefix("http://") ?? false)
    lines = found
    address = found.last ?? ""
  }

  /// Clients ask for more in a minute than a key may by default.
  private static func withoutLimits(_ options: [String]) -> [String] {
    if options.contains("--no-auth") { return [] }
    return ["--default-rpm", "--default-concurrent"].filter { !options.contains($0) }
      .flatMap { [$0, "100000"] }
  }

  /// The port at which it listens.
  var port: UInt16? { address.split(separator: ":").last.flatMap { UInt16($0) } }

  /// The first key's token, from the file that it named.
  func firstToken() throws -> String {
    try #require(lines.count == 2 && lines[0] == "data/first-key")
    let file = program.directory.appending(path: lines[0])
    let token = try String(contentsOf: file, encoding: .utf8)
    return token.trimmingCharacters(in: .newlines)
  }

  /// The standard error so far.
  var log: String {
    get throws {
      try String(contentsOf: program.directory.appending(path: "log"), encoding: .utf8)
    }
  }

  /// The address of the metrics, from the log, which may be written a moment later.
  func metricsURL() async throws -> String {
    var found: String?
    _ = try await eventually {
      found = try log.split(whereSeparator: \.isWhitespace)
        .first { $0.hasSuffix("/metrics") }.map { String($0) }
      return found != nil
    }
    return try #require(found, "the log names no address of the metrics")
  }

  /// Asks and waits.
  func get(_ url: String) async throws -> (status: Int, body: String) {
    try await send(URLRequest(url: #require(URL(string: url))))
  }

  /// Asks for an image.
  /// - Parameters:
  ///   - fields: More of the document, each after a comma.
  ///   - headers: More fields of the head.
  func render(
    size: String = "64x64", _ fields: String = "", model: String? = "epithre-iris",
    token: String?, headers: [String: String] = [:]
  ) async throws -> (status: Int, body: String) {
    var request = URLRequest(url: try #require(URL(string: address + "/v1/images/generations")))
    request.httpMethod = "POST"
    request.timeoutInterval = 600
    request.setValue("application/json", forHTTPHeaderField: "content-type")
    if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "authorization") }
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let named = model.map { #""model": "\#($0)", "# } ?? ""
    request.httpBody = Data(
      #"{\#(named)"prompt": "a red fox", "size": "\#(size)"\#(fields)}"#.utf8)
    return try await send(request)
  }

  private func send(_ request: URLRequest) async throws -> (status: Int, body: String) {
    let (data, response) = try await URLSession.shared.data(for: request)
    let status = try #require(response as? HTTPURLResponse).statusCode
    return (status, String(decoding: data, as: UTF8.self))
  }

  /// Sends a signal.
  func signal(_ number: Int32) { kill(process.processIdentifier, number) }
}
