/// The address of a service and the request to send.
package struct LoadTarget: Sendable {
  /// The port, on this machine.
  package let port: UInt16
  /// The token of a key.
  package let token: String

  /// Names a service.
  package init(port: UInt16, token: String) {
    self.port = port
    self.token = token
  }

  /// A request that costs nothing to answer.
  package static let health = Array("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n".utf8)

  /// A request that is answered with 200 while the service takes renders.
  package static let readiness = Array("GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n".utf8)

  /// A request for an image.
  /// - Parameters:
  ///   - steps: Its denoising steps.
  ///   - side: Its side in pixels.
  ///   - members: Further members of the document, each with a comma before it.
  package func generation(steps: Int, side: Int = 64, _ members: String = "") -> [UInt8] {
    let size = "\(side)x\(side)"
    let body =
      #"{"model":"epithre-iris","prompt":"a red fox","size":"\#(size)","num_steps":\#(steps)"#
      + members + "}"
    return post("/v1/images/generations", "application/json", byteCount: body.utf8.count)
      + Array(body.utf8)
  }

  /// A request's head.
  package func post(_ path: String, _ contentType: String, byteCount: Int) -> [UInt8] {
    Array(
      """
      POST \(path) HTTP/1.1\r
      host: localhost\r
      authorization: Bearer \(token)\r
      content-type: \(contentType)\r
      content-length: \(byteCount)\r
      \r

      """.utf8)
  }
}
