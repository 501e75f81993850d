import FoundationEssentials
import Glibc

/// Bodies of answers as files in the folder `results` of the data directory.
struct ResultFiles: ResultBodies {
  /// A file without a row that is older than this was staged for a transaction that failed.
  private static let stagingSeconds = 600.0

  private let parent: DataDirectory

  init(in parent: DataDirectory) { self.parent = parent }

  func stage(_ body: [UInt8], of request: String) throws(AccountsError) {
    try directory().write(body, to: request)
  }

  func attach(_ body: [UInt8], of request: String, in database: any Database) {}

  func body(of request: String, from database: any Database) throws(AccountsError) -> [UInt8]? {
    try directory().read(request)
  }

  func sweep(in database: any Database) throws(AccountsError) {
    let directory = try directory()
    for name in try directory.names() {
      let rows = try database.run("SELECT 1 FROM replay WHERE request_id = $1", [.text(name)])
      if rows.isEmpty { try directory.remove(name, olderThan: Self.stagingSeconds) }
    }
  }

  /// The folder, which is made when it is first needed, and checked each time.
  private func directory() throws(AccountsError) -> DataDirectory {
    try parent.makeFolder("results")
    return try DataDirectory(parent.path(of: "results"), isCreated: false)
  }
}

extension DataDirectory {
  /// Reads a whole file; nil if it does not exist.
  func read(_ name: String) throws(AccountsError) -> [UInt8]? {
    guard let file = try open(name, O_RDONLY) else { return nil }
    defer { close(file) }
    let byteCount = Int(try status(of: file, name).st_size)
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      while count < byteCount {
        let read = unsafe Glibc.read(
          file, buffer.baseAddress?.advanced(by: count), byteCount - count)
        guard read > 0 else { return }
        count += read
      }
    }
    guard bytes.count == byteCount else {
      throw Self.unavailable("cannot read \(path(of: name))", errno)
    }
    return bytes
  }

  /// The names of its files.
  func names() throws(AccountsError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw Self.unavailable("cannot list \(path)")
    }
  }

  /// Removes a file that was last written before a time ago; one that does not exist is no error.
  func remove(_ name: String, olderThan seconds: Double) throws(AccountsError) {
    guard let file = try open(name, O_RDONLY) else { return }
    let written = Double(try status(of: file, name).st_mtim.tv_sec)
    close(file)
    guard Date().timeIntervalSince1970 - written > seconds else { return }
    try remove(name)
  }
}
