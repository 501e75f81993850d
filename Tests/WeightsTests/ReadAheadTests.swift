import Glibc
import Tensors
import TestSupport
import Testing
import Weights

/// Reading mapped weights ahead of their use, and only where they are used.
@Suite struct ReadAheadTests {
  @Test(.enabled(if: PageResidence.canReadAhead, Comment(rawValue: PageResidence.missing)))
  func `the blocks that follow are in memory before they are used`() async throws {
    let matrix = try #require(try EvictedMatrix())
    ReadAhead([[matrix.tensor]]).computing(0)
    #expect(try await matrix.isRead())
    #expect(matrix.tensor.rows(2047..<2048).widened().elements.last == EvictedMatrix.value)
  }

  @Test(
    .enabled(if: PageResidence.canReadAhead, Comment(rawValue: PageResidence.missing)),
    .enabled(if: geteuid() == 0, "NOT TESTED: only root can become another user"))
  func `blocks are also read ahead in a file that belongs to another user`() async {
    await #expect(processExitsWith: .success) {
      let reader: uid_t = 65_534
      let matrix = try #require(try EvictedMatrix(openedBy: reader))
      seteuid(reader)
      ReadAhead([[matrix.tensor]]).computing(0)
      let isRead = Blocking.eventually {
        // Only the owner is told.
        seteuid(0)
        defer { seteuid(reader) }
        return matrix.residentPageCount() >= matrix.pageCount
      }
      seteuid(0)
      try #require(isRead)
    }
  }

  @Test(.enabled(if: PageResidence.canReadSparsely, Comment(rawValue: PageResidence.missing)))
  func `rows that are gathered bring in no others`() throws {
    let matrix = try #require(try EvictedMatrix())
    let gathered = matrix.tensor.gathering(rows: [0, 700, 2047])
    #expect(matrix.residentPageCount() < 128)
    #expect(gathered.widened().elements.last == EvictedMatrix.value)
    // Then the rest is read as before.
    #expect(matrix.tensor.rows(1024..<1025).widened().elements[5] == EvictedMatrix.value)
  }
}
