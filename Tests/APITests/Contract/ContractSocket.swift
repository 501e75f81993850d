import HTTP
import TestSupport
import Testing
import Text

/// Sends requests of the contract over a socket of its own, and takes the answers apart.
struct ContractSocket: Sendable {
  let address: BindAddress

  init(_ server: Server) { address = server.address }

  /// The answer to a request.
  func send(_ request: ContractRequest, token: String) async throws -> TestAnswer {
    guard case .tcp(_, let port) = address else { throw CancellationError() }
    let received = await SocketClient(port: port).answer(to: try request.bytes(token: token))
    return try Self.answer(in: received)
  }

  private static func answer(in received: [UInt8]) throws -> TestAnswer {
    let end = try #require(received.firstRange(of: Array("\r\n\r\n".utf8)), "no head")
    let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self)
      .split(separator: "\r\n")
    let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    var headers = Headers()
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers.append(ByteString(parts[0]), ByteString(parts.last ?? "").trimmed)
    }
    let body = Array(received[end.upperBound...])
    // Whatever follows would be a second answer.
    if let length = headers["content-length"] { #expect(length.decimal == body.count) }
    return TestAnswer(
      response: Response(Status(try #require(status, "no status")), headers: headers), body: body)
  }
}
