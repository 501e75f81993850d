import HTTP
import Text

extension Asset {
  /// The policy of a page: it loads the service's own files and shows the images that it made.
  ///
  /// No string becomes markup or script, and no other page shows it in a frame (*Content Security Policy
  /// Level 3* and *Trusted Types*, W3C).
  private static let contentPolicy: ByteString = """
    default-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'
    """

  /// The fields of all answers.
  ///
  /// Browsers keep a file and ask each time whether it is still the same, so that the files of a page
  /// always are of one version.
  private static let headers: Headers = {
    var headers: Headers = [
      "cache-control": "no-cache", "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
    ]
    headers["content-security-policy"] = contentPolicy
    return headers
  }()

  /// Returns the response to GET or HEAD: the form that the client accepts, or that its copy is still the
  /// same (RFC 9110 §13.1.2).
  /// - Parameter field: A request field, beside `Accept-Encoding`, by which it was chosen.
  func response(to head: RequestHead, varyingBy field: ByteString? = nil) -> Response {
    let compresses = Preference.accepts("gzip", head.headers.items(of: "accept-encoding"))
    let representation = compresses ? gzip : identity
    var headers = Self.headers
    headers["etag"] = representation.tag
    headers.append("vary", "accept-encoding")
    if let field { headers.append("vary", field) }
    guard !Self.isKnown(representation.tag, to: head) else {
      return Response(Status(304), headers: headers)
    }
    headers["content-type"] = contentType
    if compresses { headers["content-encoding"] = "gzip" }
    return Response(.ok, headers: headers, body: .bytes(representation.bytes))
  }

  /// Compares weakly, as `If-None-Match` does.
  private static func isKnown(_ tag: ByteString, to head: RequestHead) -> Bool {
    let weak: ByteString = "W/"
    return head.headers.items(of: "if-none-match").contains { item in
      item == "*" || (item.starts(with: weak) ? item.dropFirst(weak.count) : item) == tag
    }
  }
}

/// A preference of a client, as in `Accept` (RFC 9110 §12.5).
enum Preference {
  /// Returns whether the items of a field name a value, and do not refuse it by `q=0`.
  ///
  /// Wildcards do not count: whoever sends `*/*` has no preference.
  static func accepts(_ value: ByteString, _ items: [ByteString]) -> Bool {
    items.contains { item in
      guard let item = try? FieldParameters(parsing: item), item.value == value else {
        return false
      }
      let isZero = { (weight: ByteString) in
        weight.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") }
      }
      return !(item.parameters["q"].map(isZero) ?? false)
    }
  }
}
