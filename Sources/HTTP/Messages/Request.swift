/// A request once its whole body is here.
public struct Request: Sendable {
  /// The request line and fields.
  public let head: RequestHead
  /// The body, decoded from its transfer coding.
  public let body: [UInt8]

  /// A request with its body.
  public init(head: RequestHead, body: [UInt8]) {
    self.head = head
    self.body = body
  }
}
