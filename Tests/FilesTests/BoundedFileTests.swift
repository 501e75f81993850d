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

  @Test func `files that the kernel makes up are read to their end`() throws {
    // A line for each: the kernel joins neighbours that are alike.
    let pages = (0..<200).map { number in
      let protection = number % 2 == 0 ? PROT_READ : PROT_NONE
      return unsafe UInt(
        bitPattern: mmap(nil, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    }
    defer { for page in pages { unsafe munmap(UnsafeMutableRawPointer(bitPattern: page), 4096) } }
    let bytes = try BoundedFile.bytes(ofKernelFile: "/proc/self/maps", limit: 1 << 20)
    #expect(bytes.count > 4096 && bytes.last == UInt8(ascii: "\n"))
    // It is one of the last.
    #expect(String(decoding: bytes, as: UTF8.self).contains("[stack]\n"))
    #expect(throws: FileError.tooLarge(limit: 4096)) {
      try BoundedFile.bytes(ofKernelFile: "/proc/self/maps", limit: 4096)
    }
    #expect(throws: FileError.missing) {
      try BoundedFile.bytes(ofKernelFile: "/proc/self/none", limit: 1)
    }
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
