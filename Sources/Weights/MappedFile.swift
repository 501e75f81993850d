import Glibc
import Tensors

/// A file mapped into memory read-only, or a copy of it; freed with the object.
///
/// The mapping is private and never written to, so threads may share its address. Its length is the
/// file's at opening time: if another program truncates the file later, the next access to the lost
/// pages kills the process with `SIGBUS`. So a weight file in use may be replaced (renamed over)
/// but not overwritten in place. A copy does not have this problem, but takes memory that the
/// system cannot reclaim.
final class MappedFile: PageOwner, Sendable {
  /// Address of the first byte.
  let address: UInt
  /// Length of the file in bytes.
  let byteCount: Int
  /// When the file was last written, in nanoseconds.
  let modificationTime: Int
  /// True if the bytes are a copy in memory.
  private let isCopied: Bool
  /// True if the system tells which pages are in memory.
  ///
  /// Of files that a process could not write it says that all are
  /// (Linux, `can_do_mincore` in mm/mincore.c).
  private let isResidenceTold: Bool
  /// Size limit of copies in bytes; adapters of rank 128 for nine billion parameters have a quarter
  /// of it.
  private static let copyLimit = 4 << 30

  /// Bytes that are asked for at once.
  private static let readAheadByteCount = 128 << 10
  /// Bytes of a page.
  private let pageByteCount = sysconf(Int32(_SC_PAGESIZE))

  /// Maps a file.
  /// - Parameters:
  ///   - path: The file.
  ///   - name: The file's name in messages.
  ///   - isCopied: True to copy the file, so that later changes to it have no effect; files larger
  ///     than any adapter are mapped all the same.
  init(path: String, name: String, isCopied: Bool = false) throws(WeightsError) {
    // Without O_NONBLOCK the open of a named pipe would wait for a writer.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.failure(name, "cannot be opened") }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw Self.failure(name, "has no size") }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw WeightsError(.unreadable, file: name, "is a folder, not a regular file")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw WeightsError(.unreadable, file: name, "is not a regular file")
    }
    guard status.st_size > 0 else { throw WeightsError(.malformed, file: name, "is empty") }
    let length = Int(status.st_size)
    let isCopied = isCopied && length <= Self.copyLimit
    let mapping =
      isCopied
      ? unsafe mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      : unsafe mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let mapping = unsafe mapping, unsafe mapping != MAP_FAILED else {
      throw Self.failure(name, "cannot be mapped")
    }
    if isCopied {
      let problem = unsafe Self.copy(descriptor, to: mapping, count: length)
      guard problem == nil else {
        unsafe munmap(mapping, length)
        throw WeightsError(.unreadable, file: name, problem ?? "")
      }
    }
    address = UInt(bitPattern: mapping)
    byteCount = length
    modificationTime = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
    self.isCopied = isCopied
    isResidenceTold =
      unsafe status.st_uid == geteuid() || faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0
  }

  deinit {
    unsafe munmap(UnsafeMutableRawPointer(bitPattern: address), byteCount)
  }

  /// Lets the system drop the pages of a part of the mapping; they are read again when they are used.
  func evict(from start: UInt, byteCount: Int) {
    advise(MADV_DONTNEED, from: start, byteCount: byteCount)
  }

  /// Begins to read the pages of a part of the mapping that are not in memory.
  func readAhead(from start: UInt, byteCount: Int) {
    if isCopied || isResidenceTold && isInMemory(from: start, byteCount: byteCount) { return }
    // Not MADV_POPULATE_READ: it holds the lock of the process's memory, for which allocations wait. The system reads
    // no more at a request than it reads ahead by itself, usually 128 KiB.
    for offset in stride(from: 0, to: byteCount, by: Self.readAheadByteCount) {
      advise(
        MADV_WILLNEED, from: start + UInt(offset),
        byteCount: min(Self.readAheadByteCount + pageByteCount, byteCount - offset))
    }
  }

  /// Returns whether all pages of a part of the mapping are in memory, in a tenth of a millisecond for 100 MB.
  private func isInMemory(from start: UInt, byteCount: Int) -> Bool {
    let first = start / UInt(pageByteCount) * UInt(pageByteCount)
    let length = Int(start - first) + byteCount
    let count = (length + pageByteCount - 1) / pageByteCount
    return unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { pages in
      let status = unsafe mincore(
        UnsafeMutableRawPointer(bitPattern: first), length, pages.baseAddress)
      return unsafe status == 0 && pages[..<count].allSatisfy { $0 & 1 == 1 }
    }
  }

  /// Reads the pages of a part of the mapping one by one, as they are used, or with those around them.
  func setReadsAround(_ readsAround: Bool, from start: UInt, byteCount: Int) {
    // The pages at both ends belong to it.
    let first = start / UInt(pageByteCount) * UInt(pageByteCount)
    advise(
      readsAround ? MADV_NORMAL : MADV_RANDOM, from: first,
      byteCount: (Int(start - first) + byteCount + pageByteCount - 1) / pageByteCount
        * pageByteCount)
  }

  /// Advises the system about the pages that lie inside a part.
  private func advise(_ advice: Int32, from start: UInt, byteCount: Int) {
    guard !isCopied else { return }
    let page = UInt(pageByteCount)
    let first = (start + page - 1) / page * page
    let last = (start + UInt(byteCount)) / page * page
    guard last > first else { return }
    unsafe madvise(UnsafeMutableRawPointer(bitPattern: first), Int(last - first), advice)
  }

  /// Returns a copy of some bytes.
  /// - Precondition: The range lies inside the file.
  func bytes(_ range: Range<Int>) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "bytes \(range)")
    return unsafe [UInt8](
      UnsafeRawBufferPointer(
        start: UnsafeRawPointer(bitPattern: address + UInt(range.lowerBound)), count: range.count))
  }

  /// Reads a whole file.
  /// - Returns: The reason of a failure, or nil.
  private static func copy(
    _ descriptor: Int32, to target: UnsafeMutableRawPointer, count: Int
  ) -> String? {
    var offset = 0
    while offset < count {
      let read = unsafe pread(descriptor, target + offset, count - offset, off_t(offset))
      if read < 0, errno == EINTR { continue }
      guard read > 0 else {
        return read == 0 ? "was cut while it was read" : unsafe String(cString: strerror(errno))
      }
      offset += read
    }
    return nil
  }

  private static func failure(_ name: String, _ what: String) -> WeightsError {
    let reason = unsafe String(cString: strerror(errno))
    return WeightsError(.unreadable, file: name, "\(what) (\(reason))")
  }
}
