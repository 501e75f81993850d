import Foundation
import TestSupport
import Testing

@testable import Files

@Suite struct BoundedFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func path(_ name: String) -> String { folder.path(name) }

  @Test func `whole files are read, through links too`() throws {
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try Data(bytes).write(to: URL(filePath: path("file")))
    try FileManager.default.createSymbolicLink(
      atPath: path("link"), withDestinationPath: path("file"))
    #expect(try BoundedFile.bytes(of: path("link"), limit: bytes.count) == bytes)
    try Data().write(to: URL(filePath: path("empty")))
    #expect(try BoundedFile.bytes(of: path("empty"), limit: 0) == [])
  }

  @Test func `larger files are refused`() throws {
    try Data(count: 11).write(to: URL(filePath: path("file")))
    try FileManager.default.createSymbolicLink(
      atPath: path("link"), withDestinationPath: path("file"))
    #expect(throws: FileError.tooLarge(limit: 10)) {
      try BoundedFile.bytes(of: path("link"), limit: 10)
    }
  }

  @Test func `what might never end is refused`() throws {
    #expect(unsafe mkfifo(path("pipe"), 0o600) == 0)
    #expect(throws: FileError.notRegular) { try BoundedFile.bytes(of: path("pipe"), limit: 10) }
    #expect(throws: FileError.folder) { try BoundedFile.bytes(of: folder.path, limit: 10) }
    #expect(throws: FileError.notRegular) { try BoundedFile.bytes(of: "/dev/zero", limit: 10) }
  }

  @Test func `what is missing is named`() {
    #expect(throws: FileError.missing) { try BoundedFile.bytes(of: path("none"), limit: 10) }
    #expect(throws: FileError.unreadable(ENOTDIR)) {
      try BoundedFile.bytes(of: "/dev/null/none", limit: 10)
    }
    #expect("\(FileError.tooLarge(limit: 1 << 20))" == "is larger than the 1 MB allowed")
    #expect("\(FileError.unreadable(EACCES))" == "cannot be read (Permission denied)")
  }
}
