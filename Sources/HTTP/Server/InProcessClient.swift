import Synchronization
import Text

/// Sends requests to a handler without a socket, for the tests of a handler.
///
/// The request goes through the same parsers as one from the network.
package struct InProcessClient: Sendable {
  /// The number of the last request: those of all clients differ, as a server's do.
  private static let lastNumber = Atomic<UInt64>(0)

  private let handler: any Handler
  private let configuration: ServerConfiguration

  /// A client of a handler.
  package init(_ handler: any Handler, configuration: ServerConfiguration = ServerConfiguration()) {
    self.handler = handler
    self.configuration = configuration
  }

  /// Sends a request and collects the whole response.
  /// - Returns: The response and its body, the pieces of a stream joined.
  /// - Throws: The error of a streamed body's producer, which would cut the connection.
  package func send(
    _ method: Method, _ target: String, headers: Headers = [:], body: [UInt8] = []
  ) async throws -> (response: Response, body: [UInt8]) {
    let (response, isHead) = await respond(method, target, headers: headers, body: body)
    switch response.body {
    case .bytes(let bytes): return (response, isHead ? [] : bytes)
    case .stream(let produce):
      let collected = Mutex<[UInt8]>([])
      try await produce(BodyWriter { piece in collected.withLock { $0 += piece } })
      return (response, collected.withLock { $0 })
    }
  }

  private func respond(
    _ method: Method, _ target: String, headers: Headers, body: [UInt8]
  ) async -> (response: Response, isHead: Bool) {
    var head: RequestHead?
    do {
      head = try parse(method, target, headers: headers, bodyCount: body.count)
      head?.number = Self.lastNumber.add(1, ordering: .relaxed).newValue
      guard let head else { throw HTTPError.malformed("the head does not end") }
      var admission = try handler.admit(head)
      while case .deferred(let decide) = admission { admission = try await decide() }
      switch admission {
      case .respond(let response): return (response, method == .head)
      case .accept(let limit, let responder):
        var parser = try BodyParser(
          framing: .length(body.count), limit: limit ?? configuration.maxBodyBytes)
        var input = body[...]
        _ = try parser.consume(&input)
        let request = Request(head: head, body: parser.takeBody())
        return (try await responder(request, Exchange()), method == .head)
      case .deferred: throw HTTPError.malformed("the request is still undecided")
      }
    } catch {
      return (handler.response(to: error, for: head, number: head?.number ?? 0), method == .head)
    }
  }

  private func parse(
    _ method: Method, _ target: String, headers: Headers, bodyCount: Int
  ) throws(HTTPError) -> RequestHead? {
    var text = "\(method.name) \(target) HTTP/1.1\r\n"
    if headers["host"] == nil { text += "host: localhost\r\n" }
    if bodyCount > 0 { text += "content-length: \(bodyCount)\r\n" }
    var head = Array(text.utf8)
    for field in headers.fields {
      head += field.name.bytes + Array(": ".utf8) + field.value.bytes + Array("\r\n".utf8)
    }
    var bytes = (head + Array("\r\n".utf8))[...]
    var parser = HeadParser(configuration: configuration)
    return try parser.consume(&bytes)
  }
}
