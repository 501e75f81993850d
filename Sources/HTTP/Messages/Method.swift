public import Text

/// A request method, as the client spelled it: methods are case-sensitive.
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
  /// The method PUT.
  public static let put = Method("PUT")
  /// The method DELETE.
  public static let delete = Method("DELETE")
}
