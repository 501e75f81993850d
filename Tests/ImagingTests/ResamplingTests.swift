import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct ResamplingTests {
  @Test func `Lanczos equals Pillow bit for bit at every size`() throws {
    let cases = try ResamplingCase.all()
    let kept = try Fixtures.bytes("resampling.rgb")
    #expect(cases.count > 200)
    for sample in cases {
      let resized = sample.source.resized(width: sample.newWidth, height: sample.newHeight)
      #expect(resized.width == sample.newWidth && resized.height == sample.newHeight)
      if let offset = sample.offset {
        let expected = Array(kept[offset..<offset + resized.pixels.count])
        expectEqual(
          resized, Raster(width: resized.width, height: resized.height, pixels: expected))
      }
      #expect(digest(resized.pixels) == sample.digest, "\(sample)")
    }
  }

  @Test func `columns go first only when the height shrinks by more than twice as much`() throws {
    let cases = try ResamplingCase.all()
    let columnsFirst = cases.filter {
      $0.height > $0.newHeight && $0.height - $0.newHeight > 2 * ($0.width - $0.newWidth)
    }
    #expect(columnsFirst.count > 50 && columnsFirst.count < cases.count - 50)
    for sample in columnsFirst {
      let stepwise = sample.source.resized(width: sample.width, height: sample.newHeight)
        .resized(width: sample.newWidth, height: sample.newHeight)
      #expect(digest(stepwise.pixels) == sample.digest, "\(sample)")
    }
  }

  @Test func `the cost of an image is in proportion to its pixels`() {
    func square(_ side: Int) -> Raster {
      Raster(
        width: side, height: side, pixels: [UInt8](repeating: 93, count: side * side * 3))
    }
    let (small, large) = (square(1250), square(5000))
    // Sixteen times the pixels.
    let excess = ProcessorTime.excess(
      of: { _ = large.resized(width: 1024, height: 1024) }, over: 32,
      times: { _ = small.resized(width: 256, height: 256) })
    #expect(excess == nil)
  }

  @Test func `a centre crop leaves the odd pixel right and below`() {
    let numbered = Raster(width: 5, height: 4, pixels: (0..<60).map { UInt8($0 / 3) })
    let cropped = numbered.centreCropped(width: 2, height: 1)
    #expect(cropped.pixels == [6, 6, 6, 7, 7, 7])
    #expect(numbered.cropped(x: 3, y: 2, width: 2, height: 2).pixels.first == 13)
    #expect(numbered.centreCropped(width: 5, height: 4) == numbered)
  }

  private func digest(_ pixels: [UInt8]) -> UInt64 {
    var sum: UInt64 = 0
    for (index, value) in pixels.enumerated() {
      sum &+= UInt64(value) &* (UInt64(index) * 2 + 1)
    }
    return sum
  }
}

/// An image of noise, the size it is resampled to and what Pillow makes of it.
private struct ResamplingCase {
  let seed: UInt64
  let isExtreme: Bool
  let width: Int
  let height: Int
  let newWidth: Int
  let newHeight: Int
  let digest: UInt64
  let offset: Int?

  static func all() throws -> [ResamplingCase] {
    let lines = String(decoding: try Fixtures.bytes("resampling.txt"), as: UTF8.self)
    return try lines.split(separator: "\n").map { line in
      let fields = line.split(separator: " ")
      let numbers = fields.compactMap { Int($0) }
      guard fields.count == 8, numbers.count == 8 else { throw CocoaError(.fileReadCorruptFile) }
      return ResamplingCase(
        seed: UInt64(numbers[0]), isExtreme: numbers[1] == 1, width: numbers[2],
        height: numbers[3], newWidth: numbers[4], newHeight: numbers[5],
        digest: UInt64(numbers[6]), offset: numbers[7] < 0 ? nil : numbers[7])
    }
  }

  /// SplitMix64's high bytes, as `make_fixtures.py` draws them.
  var source: Raster {
    // The numpy script counts from `seed << 32`, in steps of the generator's own increment.
    var generator = SeededGenerator(seed: (seed << 32) &* 0x9E37_79B9_7F4A_7C15)
    let pixels = (0..<width * height * 3).map { _ -> UInt8 in
      let value = UInt8(generator.next() >> 56)
      return isExtreme ? (value < 128 ? 0 : 255) : value
    }
    return Raster(width: width, height: height, pixels: pixels)
  }
}
