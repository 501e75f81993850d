import Foundation

/// Bodies of edits with five large images.
package struct EditBody: Sendable {
  /// Its media type, for the head.
  package let contentType: String
  /// The body.
  package let bytes: [UInt8]

  private static let imageCount = 5

  /// A JSON document with the images in base64.
  /// - Parameter byteCount: About how many bytes it has.
  package static func json(byteCount: Int) throws -> EditBody {
    let image = try image(byteCount: byteCount * 3 / 4)
    let text = Data(image).base64EncodedString()
    let images = (0..<imageCount).map { _ in "\"\(text)\"" }.joined(separator: ",")
    let document =
      #"{"model":"epithre-iris","prompt":"a red fox","size":"64x64","num_steps":1,"images":["#
      + images + "]}"
    return EditBody(contentType: "application/json", bytes: Array(document.utf8))
  }

  /// A form with the images as files.
  /// - Parameter byteCount: About how many bytes it has.
  package static func form(byteCount: Int) throws -> EditBody {
    let image = try image(byteCount: byteCount)
    var bytes: [UInt8] = []
    for (name, value) in [("model", "epithre-iris"), ("prompt", "a red fox"), ("size", "64x64")] {
      bytes += Array(
        "--cut\r\ncontent-disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
    }
    for _ in 0..<imageCount {
      bytes += Array(
        "--cut\r\ncontent-disposition: form-data; name=\"image[]\"; filename=\"a.png\"\r\n\r\n".utf8
      )
      bytes += image + Array("\r\n".utf8)
    }
    bytes += Array("--cut--\r\n".utf8)
    return EditBody(contentType: "multipart/form-data; boundary=cut", bytes: bytes)
  }

  /// One of the images that share so many bytes.
  private static func image(byteCount: Int) throws -> [UInt8] {
    try NoiseImage.png(side: Int((Double(byteCount / imageCount) / 3).squareRoot()))
  }
}
