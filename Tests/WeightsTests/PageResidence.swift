import Foundation
import Glibc
import Tensors
import TestSupport
import Weights

/// A matrix of 32 MiB in a mapped file, none of whose pages is in memory.
final class EvictedMatrix {
  static let value = Float(bitPattern: 0x4040_4040)
  static let pageByteCount = sysconf(Int32(_SC_PAGESIZE))

  let tensor: WeightTensor
  private let folder: TemporaryFolder

  /// Writes the file, and has the system forget it.
  /// - Parameter reader: The user who opens it.
  /// - Returns: Nil where the system keeps some of it in memory.
  init?(openedBy reader: uid_t = geteuid()) throws {
    folder = try TemporaryFolder()
    let header = Array(
      #"{"a":{"dtype":"F32","shape":[2048,4096],"data_offsets":[0,33554432]}}"#.utf8)
    let content = SafetensorsFile.assemble(
      header: header, data: [UInt8](repeating: 0x40, count: 32 << 20))
    let path = try folder.write(content, to: "file.safetensors")
    let owner = geteuid()
    seteuid(reader)
    let opened = Result { try Checkpoint.open(file: path) }
    seteuid(owner)
    guard let tensor = try opened.get().tensors["a"] else {
      throw CocoaError(.fileReadCorruptFile)
    }
    self.tensor = tensor
    tensor.evict()
    let descriptor = unsafe open(path, O_RDONLY)
    defer { close(descriptor) }
    fsync(descriptor)
    for _ in 0..<20 {
      posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
      if residentPageCount() <= 64 { return }
      usleep(50_000)
    }
    return nil
  }

  /// The pages that are the tensor's alone; those at both ends belong to its neighbours, too.
  var pageCount: Int { tensor.byteCount / Self.pageByteCount - 1 }

  /// The pages that are in memory.
  func residentPageCount() -> Int {
    let (first, length) = span
    var pages = [UInt8](repeating: 0, count: (length + Self.pageByteCount - 1) / Self.pageByteCount)
    let status = unsafe mincore(UnsafeMutableRawPointer(bitPattern: first), length, &pages)
    return status == 0 ? pages.count { $0 & 1 == 1 } : pages.count
  }

  /// Waits until all pages are in memory.
  func isRead() async throws -> Bool {
    try await eventually { residentPageCount() >= pageCount }
  }

  /// Advises the system about a part of the pages.
  func advise(_ advice: Int32, from offset: Int = 0, byteCount: Int? = nil) -> Bool {
    let (first, length) = span
    return unsafe madvise(
      UnsafeMutableRawPointer(bitPattern: first + UInt(offset)), byteCount ?? length, advice) == 0
  }

  /// Where its pages lie.
  private var span: (first: UInt, byteCount: Int) {
    let page = UInt(Self.pageByteCount)
    let first = tensor.address / page * page
    return (first, Int(tensor.address - first) + tensor.byteCount)
  }
}

/// The system's ways with the pages of mapped files, which differ between file systems and kernels; some sandboxes
/// tell of every page that it is in memory.
enum PageResidence {
  /// True if files can be evicted, and advice to read has them read.
  static let canReadAhead: Bool = {
    guard let matrix = try? EvictedMatrix() else { return false }
    for offset in stride(from: 0, to: 32 << 20, by: 128 << 10) {
      guard matrix.advise(MADV_WILLNEED, from: offset, byteCount: 128 << 10) else { return false }
    }
    return Blocking.eventually { matrix.residentPageCount() >= matrix.pageCount }
  }()

  /// True if files can be evicted, and advice to read at random places has a page read alone, which otherwise is read
  /// with hundreds of others.
  static let canReadSparsely: Bool = {
    guard let around = try? EvictedMatrix(), let alone = try? EvictedMatrix() else { return false }
    guard alone.advise(MADV_RANDOM) else { return false }
    for matrix in [around, alone] {
      for row in [0, 700, 2047] { _ = matrix.tensor.rows(row..<row + 1).widened() }
    }
    return alone.residentPageCount() < 128 && around.residentPageCount() > 256
  }()

  static let missing =
    "NOT TESTED: the file system of temporary files does not keep or read pages as it is advised to"
}
