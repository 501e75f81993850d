import Foundation
import Glibc
import Tensors
import TestSupport
import Testing
import Weights

/// Reading mapped weights ahead of their use, and only where they are used.
@Suite struct ReadAheadTests {
  private let folder: TemporaryFolder

  private static let value = Float(bitPattern: 0x4040_4040)

  init() throws { folder = try TemporaryFolder() }

  /// A matrix of 32 MiB in a mapped file, none of whose pages is in memory; nil on file systems that keep them all.
  private func matrix() throws -> WeightTensor? {
    let path = folder.path + "/file.safetensors"
    let header = Array(
      #"{"a":{"dtype":"F32","shape":[2048,4096],"data_offsets":[0,33554432]}}"#.utf8)
    let content = SafetensorsFile.assemble(
      header: header, data: [UInt8](repeating: 0x40, count: 32 << 20))
    try Data(content).write(to: URL(filePath: path))
    let matrix = try #require(Checkpoint.open(file: path).tensors["a"])
    matrix.evict()
    let descriptor = unsafe open(path, O_RDONLY)
    defer { close(descriptor) }
    fsync(descriptor)
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    guard residentPages(of: matrix) <= 64 else {
      print("NOT TESTED: the file system of \(path) keeps every page of a file in memory")
      return nil
    }
    return matrix
  }

  /// The pages of a matrix that are in memory.
  private func residentPages(of matrix: WeightTensor) -> Int {
    let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
    let first = matrix.address / page * page
    let length = Int(matrix.address - first) + matrix.byteCount
    var pages = [UInt8](repeating: 0, count: (length + Int(page) - 1) / Int(page))
    let status = unsafe mincore(UnsafeMutableRawPointer(bitPattern: first), length, &pages)
    #expect(status == 0)
    return pages.count { $0 & 1 == 1 }
  }

  @Test func `the blocks that follow are in memory before they are used`() async throws {
    guard let matrix = try matrix() else { return }
    ReadAhead([[matrix]]).computing(0)
    // The pages at both ends belong to its neighbours, too.
    let pages = matrix.byteCount / sysconf(Int32(_SC_PAGESIZE)) - 1
    for _ in 0..<1000 where residentPages(of: matrix) < pages {
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(residentPages(of: matrix) >= pages)
    #expect(matrix.rows(2047..<2048).widened().elements.last == Self.value)
  }

  @Test func `rows that are gathered bring in no others`() throws {
    guard let matrix = try matrix() else { return }
    let gathered = matrix.gathering(rows: [0, 700, 2047])
    #expect(residentPages(of: matrix) < 512)
    #expect(gathered.widened().elements.last == Self.value)
    // Then the rest is read as before.
    #expect(matrix.rows(1024..<1025).widened().elements[5] == Self.value)
  }
}
