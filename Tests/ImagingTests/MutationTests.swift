import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct MutationTests {
  /// `IRIS_MUTATIONS=20000` for a thorough run, best under AddressSanitizer.
  private static let count =
    ProcessInfo.processInfo.environment["IRIS_MUTATIONS"].flatMap { Int($0) } ?? 2000

  @Test func `decode to an image of the announced size or are refused`() throws {
    var random = SeededGenerator(seed: 7)
    let files = try ["png", "jpeg", "webp", "gif", "turned"]
      .flatMap { try Fixtures.images($0) }.map { try Fixtures.bytes($0.path) }
    var limits = ImageLimits()
    limits.pixelCount = 4_000_000
    var refusalCount = 0
    for _ in 0..<Self.count {
      guard var file = files.randomElement(using: &random) else { break }
      mutate(&file, using: &random)
      _ = try? ImageTextReader.read(file)
      do throws(ImagingError) {
        let header = try ImageDecoder(file, limits: limits).header
        let raster = try ImageDecoder.decode(file, limits: limits)
        #expect(raster.width == header.width && raster.height == header.height)
      } catch {
        #expect(!error.message.isEmpty && error.message.utf8.allSatisfy { $0 >= 0x20 })
        refusalCount += 1
      }
    }
    #expect(refusalCount > Self.count / 10)
  }

  /// Changes one to eight places; a changed PNG has its checksums repaired half of the time, since
  /// otherwise no change would reach the decoder.
  private func mutate(_ file: inout [UInt8], using random: inout SeededGenerator) {
    for _ in 0..<Int.random(in: 1...8, using: &random) where file.count > 12 {
      let place = Int.random(in: 0..<file.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: file[place] = UInt8.random(in: 0...255, using: &random)
      case 1: file[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: file[place] = [0x00, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
      case 3: file.insert(UInt8.random(in: 0...255, using: &random), at: place)
      default:
        let end = min(file.count, place + Int.random(in: 1...16, using: &random))
        file.removeSubrange(place..<end)
      }
    }
    if Bool.random(using: &random) { repairChecksums(&file) }
  }

  private func repairChecksums(_ file: inout [UInt8]) {
    guard ImageFormat.sniff(file) == .png else { return }
    var offset = 8
    while offset + 12 <= file.count {
      let length = file[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= file.count - offset - 12 else { return }
      let checksum = crc32(file[offset + 4..<offset + 8 + length])
      for byte in 0..<4 {
        file[offset + 8 + length + byte] = UInt8(truncatingIfNeeded: checksum >> (24 - 8 * byte))
      }
      offset += 12 + length
    }
  }

  private func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var sum = ~UInt32(0)
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 {
        let carry = sum & 1 == 1
        sum >>= 1
        if carry { sum ^= 0xEDB8_8320 }
      }
    }
    return ~sum
  }
}
