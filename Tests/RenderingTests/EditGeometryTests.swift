import Flux2
import Foundation
import Imaging
import Rendering
import Testing

/// Source and reference of an edit share one geometry: the image of a ball stays one ball, round
/// and in its place, whatever the shape of the result and however much of the source is kept.
@Suite struct EditGeometryTests {
  private static let background: [UInt8] = [245, 245, 245]
  private static let red: [UInt8] = [200, 30, 30]

  struct Case: Sendable, CustomTestStringConvertible {
    let source: PixelSize
    let size: PixelSize
    let strength: Double
    var testDescription: String { "\(source) to \(size) at \(strength)" }

    init(_ source: (Int, Int), _ size: (Int, Int), _ strength: Double) {
      self.source = PixelSize(width: source.0, height: source.1)
      self.size = PixelSize(width: size.0, height: size.1)
      self.strength = strength
    }
  }

  static let cases: [Case] =
    [0.25, 0.5, 0.75, 1].flatMap { strength in
      [Case((512, 512), (704, 352), strength), Case((512, 512), (352, 704), strength)]
    } + [
      Case((512, 512), (512, 512), 0.5), Case((512, 512), (256, 400), 0.25),
      Case((900, 400), (256, 256), 0.5), Case((400, 900), (304, 208), 0.25),
      Case((1600, 1200), (320, 256), 0.5), Case((1600, 1200), (320, 256), 1),
    ]

  @Test(arguments: cases)
  func `one ball is found, round and where a crop has it`(item: Case) throws {
    let studio = try GoldenRenderTests.studio.get()
    let radius = Double(min(item.source.width, item.source.height)) * 0.16
    var request = RenderRequest(prompt: "keep it as it is")
    request.add(ReferenceImage(Self.ball(item.source, radius: radius)))
    request.size = item.size
    request.strength = item.strength
    request.seed = 1
    let plan = try request.validated(
      under: .commandLine, registry: studio.registry, defaults: studio.renderer.defaults)
    let blobs = Self.blobs(in: try studio.renderer.render(studio.renderer.prepare(plan)).raster)
    try #require(blobs.count == 1, "\(blobs)")
    // Scaled to cover the result, and cropped around the middle.
    let scale = max(
      Double(item.size.width) / Double(item.source.width),
      Double(item.size.height) / Double(item.source.height))
    let (diameter, slack) = (2 * radius * scale, max(0.12 * 2 * radius * scale, 6))
    #expect(abs(Double(blobs[0].columns.count) - diameter) < slack, "\(blobs[0]), not \(diameter)")
    #expect(abs(Double(blobs[0].rows.count) - diameter) < slack, "\(blobs[0]), not \(diameter)")
    #expect(abs(blobs[0].columns.middle - Double(item.size.width) / 2) < slack / 2)
    #expect(abs(blobs[0].rows.middle - Double(item.size.height) / 2) < slack / 2)
  }

  /// A red disc in the middle of an image.
  private static func ball(_ size: PixelSize, radius: Double) -> Raster {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(size.width * size.height * 3)
    for y in 0..<size.height {
      for x in 0..<size.width {
        let dx = Double(x) + 0.5 - Double(size.width) / 2
        let dy = Double(y) + 0.5 - Double(size.height) / 2
        pixels += dx * dx + dy * dy <= radius * radius ? red : background
      }
    }
    return Raster(width: size.width, height: size.height, pixels: pixels)
  }

  /// Returns the rows and columns of the connected red areas, specks left out.
  private static func blobs(in raster: Raster) -> [(columns: Range<Int>, rows: Range<Int>)] {
    var isRed: [Bool] = []
    for index in 0..<raster.width * raster.height {
      let (green, blue) = (raster.pixels[index * 3 + 1], raster.pixels[index * 3 + 2])
      isRed.append(Int(raster.pixels[index * 3]) > Int(max(green, blue)) + 40)
    }
    var blobs: [(columns: Range<Int>, rows: Range<Int>)] = []
    for start in isRed.indices where isRed[start] {
      let members = flood(from: start, &isRed, raster.width)
      guard members.count * 500 > isRed.count else { continue }
      let (columns, rows) = (members.map { $0 % raster.width }, members.map { $0 / raster.width })
      blobs.append((span(columns), span(rows)))
    }
    return blobs
  }

  private static func span(_ places: [Int]) -> Range<Int> {
    (places.min() ?? 0)..<(places.max() ?? 0) + 1
  }

  private static func flood(from start: Int, _ isRed: inout [Bool], _ width: Int) -> [Int] {
    var (members, next) = ([start], 0)
    isRed[start] = false
    while next < members.count {
      let place = members[next]
      next += 1
      let column = place % width
      for neighbour in [
        column > 0 ? place - 1 : -1, column < width - 1 ? place + 1 : -1, place - width,
        place + width,
      ] where isRed.indices.contains(neighbour) && isRed[neighbour] {
        isRed[neighbour] = false
        members.append(neighbour)
      }
    }
    return members
  }
}

extension Range<Int> {
  fileprivate var middle: Double { Double(lowerBound + upperBound) / 2 }
}
