import Foundation
import Imaging
import TestSupport

/// Files under `Tests/Fixtures/imaging`, made by `make_fixtures.py`.
enum Fixtures {
  static func bytes(_ path: String) throws -> [UInt8] { try Fixture.bytes("imaging/\(path)") }

  /// The names of the files in a directory, sorted; throws when it is empty.
  static func names(in folder: String) throws -> [String] {
    let names = try FileManager.default
      .contentsOfDirectory(atPath: Fixture.path("imaging/\(folder)")).sorted()
    guard !names.isEmpty else { throw CocoaError(.fileReadNoSuchFile) }
    return names
  }

  /// A good PNG of one colour, of three bytes a pixel once it is inflated.
  static func plain(width: Int, height: Int) throws -> [UInt8] {
    let pixels = [UInt8](repeating: 0x80, count: width * height * 3)
    return try PNGEncoder.encode(Raster(width: width, height: height, pixels: pixels))
  }

  /// The images of a group, each with what it must decode to.
  static func images(_ group: String) throws -> [Image] {
    let index = try Fixture.text("imaging/\(group).txt")
    let pixels = try bytes("\(group).rgb")
    return try index.split(separator: "\n").map { line in
      let fields = line.split(separator: " ")
      let numbers = fields.dropFirst().compactMap { Int($0) }
      guard let name = fields.first, numbers.count == 4 else {
        throw CocoaError(.fileReadCorruptFile)
      }
      let (width, height, offset) = (numbers[0], numbers[1], numbers[3])
      return Image(
        path: "\(group)/\(name)", tolerance: numbers[2],
        expected: Raster(
          width: width, height: height,
          pixels: Array(pixels[offset..<offset + width * height * 3])))
    }
  }
}

/// A file and the image it must decode to.
struct Image {
  let path: String
  let tolerance: Int
  let expected: Raster
}
