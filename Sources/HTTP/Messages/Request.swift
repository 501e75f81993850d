public import Text

/// A request with its whole body.
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

/// A request's line and fields, checked for every ambiguity that would let two parsers disagree.
public struct RequestHead: Sendable {
  /// The protocol versions that are served.
  public enum Version: Sendable {
    /// HTTP/1.0: answered once, then closed; no chunks and no interim responses either way.
    case http10
    /// HTTP/1.1.
    case http11
  }

  /// The way in which the body's end is found (RFC 9112 §6).
  public enum Framing: Equatable, Sendable {
    /// There is no body.
    case none
    /// `Content-Length`, above zero.
    case length(Int)
    /// `Transfer-Encoding: chunked`.
    case chunked
  }

  /// The method.
  public let method: Method
  /// The path and query.
  public let target: RequestTarget
  /// The protocol version.
  public let version: Version
  /// The fields.
  public let headers: Headers
  /// The way in which the body's end is found.
  public let framing: Framing
  /// The number of the exchange, unique in this process; zero outside a server.
  public package(set) var number: UInt64 = 0
  /// The client's address as the socket reports it; nil without a socket.
  public package(set) var remoteAddress: RemoteAddress?

  /// The host and port that the request is for: those of an absolute target, otherwise of the `Host`
  /// field (RFC 9112 §3.2.2); nil if an HTTP/1.0 request has neither.
  public var authority: ByteString? { target.authority ?? headers["host"] }

  /// True if the client may send another request on this connection.
  public var keepsAlive: Bool { version == .http11 && !headers.lists("close", in: "connection") }

  /// True if the client waits for `100 Continue` before it sends the body.
  public var expectsContinue: Bool { version == .http11 && headers["expect"] != nil }

  init(method: Method, target: RequestTarget, version: Version, headers: Headers) throws(HTTPError)
  {
    try Self.checkHost(headers, version: version)
    if let expectation = headers["expect"], version == .http11 {
      guard expectation.equalsIgnoringASCIICase("100-continue"),
        headers.values(of: "expect").count == 1
      else { throw HTTPError(.unmetExpectation, "the only expectation met here is 100-continue") }
    }
    self.method = method
    self.target = target
    self.version = version
    self.headers = headers
    framing = try Self.framing(headers, version: version)
  }

  private static func checkHost(_ headers: Headers, version: Version) throws(HTTPError) {
    let hosts = headers.values(of: "host")
    if hosts.isEmpty && version == .http10 { return }
    guard hosts.count == 1, let host = hosts.first else {
      throw .malformed("a request needs exactly one Host field")
    }
    guard host.isHostAndPort else { throw .malformed("the Host field is not a host and port") }
  }

  /// Applies RFC 9112 §6.3, and refuses each case in which it leaves the recipient a choice.
  private static func framing(_ headers: Headers, version: Version) throws(HTTPError) -> Framing {
    let lengths = headers.values(of: "content-length")
    let codings = headers.values(of: "transfer-encoding")
    if !codings.isEmpty {
      guard lengths.isEmpty else {
        throw .malformed("Content-Length and Transfer-Encoding exclude each other")
      }
      guard version == .http11 else { throw .malformed("HTTP/1.0 has no Transfer-Encoding") }
      guard codings.count == 1, codings[0].equalsIgnoringASCIICase("chunked") else {
        throw HTTPError(.unsupportedTransferCoding, "the only transfer coding is chunked, once")
      }
      return .chunked
    }
    guard let length = lengths.first else { return .none }
    guard lengths.count == 1, let count = length.decimal else {
      throw .malformed("Content-Length is not one decimal number")
    }
    return count == 0 ? .none : .length(count)
  }
}

/// A request method; case-sensitive (RFC 9110 §9.1).
public struct Method: Hashable, Sendable {
  /// The method's token.
  public let name: ByteString

  /// A method of any name.
  public init(_ name: ByteString) { self.name = name }

  /// The method GET.
  public static let get = Method("GET")
  /// The method HEAD.
  public static let head = Method("HEAD")
  /// The method OPTIONS.
  public static let options = Method("OPTIONS")
  /// The method POST.
  public static let post = Method("POST")
  /// The method DELETE.
  public static let delete = Method("DELETE")
}
