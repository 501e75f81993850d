import Glibc
import Tensors
import Testing
import Weights

/// Reading mapped weights ahead of their use, and only where they are used.
@Suite struct ReadAheadTests {
  private static let count = 8 << 20

  /// A matrix of 32 MiB in a mapped file, none of whose pages is in memory; nil on file systems that keep them all.
  private func matrix() throws -> WeightTensor? {
    let file = try SafetensorsFile(
      header: #"{"a":{"dtype":"F32","shape":[2048,4096],"data_offsets":[0,33554432]}}"#,
      data: (0..<Self.count).map { Float($0 % 1021) }.bytes)
    let descriptor = unsafe open(file.path, O_RDONLY)
    defer { close(descriptor) }
    fsync(descriptor)
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    let matrix = try #require(Checkpoint.open(file: file.path).tensors["a"])
    return residentPages(of: matrix) > 64 ? nil : matrix
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
    while residentPages(of: matrix) < matrix.byteCount / 4096 {
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(matrix.rows(2047..<2048).widened().elements.last == Float((Self.count - 1) % 1021))
  }

  @Test func `rows that are gathered bring in no others`() throws {
    guard let matrix = try matrix() else { return }
    let gathered = matrix.gathering(rows: [0, 700, 2047])
    #expect(residentPages(of: matrix) < 512)
    #expect(gathered.widened().elements.last == Float((Self.count - 1) % 1021))
    // Then the rest is read as before.
    #expect(matrix.widened().elements[5_000_000] == Float(5_000_000 % 1021))
  }
}
