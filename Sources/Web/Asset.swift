import CWeb
import Hashing
package import Text

/// A file of the pages as it is compiled into the program, in the two forms that browsers ask for.
package struct Asset: Sendable {
  /// One form of it, with the tag by which caches know it (RFC 9110 §8.8.3).
  package struct Representation: Sendable {
    package let bytes: [UInt8]
    /// A strong validator: it differs between the two forms.
    package let tag: ByteString
  }

  let contentType: ByteString
  /// The file as it is.
  package let identity: Representation
  /// The file compressed.
  package let gzip: Representation

  init(contentType: ByteString, bytes: [UInt8]) {
    let hash = SHA256.hash(bytes).hexadecimal.prefix(Self.tagDigits)
    self.contentType = contentType
    identity = Representation(bytes: bytes, tag: ByteString("\"\(hash)\""))
    gzip = Representation(bytes: Gzip.compress(bytes), tag: ByteString("\"\(hash)-gz\""))
  }

  /// 64 bits tell the versions of one file apart.
  private static let tagDigits = 16

  /// The types of the files, by the ends of their names.
  private static let contentTypes: [(suffix: ByteString, type: ByteString)] = [
    (".html", "text/html; charset=utf-8"), (".css", "text/css; charset=utf-8"),
    (".js", "text/javascript; charset=utf-8"), (".svg", "image/svg+xml"),
  ]

  /// All files by their names, without their comments, compressed at the first use.
  package static let all: [ByteString: Asset] = {
    var assets: [ByteString: Asset] = [:]
    for (name, bytes) in embedded {
      guard let type = contentTypes.first(where: { name.ends(with: $0.suffix) })?.type else {
        preconditionFailure("\(name) has no content type")
      }
      assets[name] = Asset(contentType: type, bytes: SourceComments.emptied(bytes))
    }
    return assets
  }()

  /// The files as they were compiled in.
  static var embedded: [(name: ByteString, bytes: [UInt8])] {
    var count = 0
    // The table and what it points at are constants of the program.
    let table = unsafe UnsafeBufferPointer(start: cweb_assets(&count), count: count)
    return unsafe table.map { asset in
      unsafe (
        ByteString(String(cString: asset.name)),
        Array(UnsafeBufferPointer(start: asset.bytes, count: asset.count))
      )
    }
  }
}
