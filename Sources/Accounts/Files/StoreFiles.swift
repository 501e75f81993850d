import Glibc

/// The files of an open store, identified by device and inode number to detect replacement.
///
/// SQLite keeps using a file that was deleted or replaced; whatever it writes there is lost.
struct StoreFiles: Sendable {
  static let database = "iris.sqlite"
  /// The files that SQLite creates beside a database.
  static let companions = ["-wal", "-shm", "-journal"].map { database + $0 }

  /// The files of the data directory that nothing else may replace.
  static let all = [database, Pepper.fileName, AdminToken.fileName] + companions

  private struct File: Sendable {
    let path: String
    let device: dev_t
    let number: ino_t
  }

  private let files: [File]
  /// The path of the write-ahead log.
  private let log: String

  /// Creates the database file if it does not exist, and restricts access to its owner.
  static func prepare(in directory: DataDirectory) throws(AccountsError) {
    if let found = try directory.open(database, O_RDWR) {
      close(found)
    } else if let created = try directory.open(database, O_RDWR | O_CREAT | O_EXCL) {
      close(created)
    }
    for name in [database] + companions {
      guard let file = try directory.open(name, O_RDWR) else { continue }
      defer { close(file) }
      let status = try directory.status(of: file, name)
      // Earlier versions created the file with the umask's permissions.
      guard status.st_mode & 0o077 == 0 || fchmod(file, 0o600) == 0 else {
        let path = directory.path(of: name)
        throw DataDirectory.unavailable(
          "\(path) may be read by others: run `chmod 600 '\(path)'` as its owner")
      }
    }
  }

  /// Records the identity of an open store's files: its own, and SQLite's write-ahead log.
  init(in directory: DataDirectory) throws(AccountsError) {
    var files: [File] = []
    log = directory.path(of: StoreFiles.database + "-wal")
    for name in [StoreFiles.database, StoreFiles.database + "-wal", Pepper.fileName] {
      let path = directory.path(of: name)
      var status = stat()
      if unsafe lstat(path, &status) == 0 {
        files.append(File(path: path, device: status.st_dev, number: status.st_ino))
      } else if name != StoreFiles.database + "-wal" {
        throw DataDirectory.unavailable("\(path) vanished while it was opened")
      }
    }
    self.files = files
  }

  /// Throws unless every file is still in its place.
  func check() throws(AccountsError) {
    for file in files {
      var status = stat()
      guard unsafe lstat(file.path, &status) == 0 else {
        let reason = errno == ENOENT ? "was deleted" : unsafe String(cString: strerror(errno))
        throw changed(file, reason)
      }
      guard status.st_dev == file.device, status.st_ino == file.number else {
        throw changed(file, "was replaced by another file")
      }
      // SQLite truncates its log once all of it is in the database.
      guard status.st_size > 0 || file.path.utf8.elementsEqual(log.utf8) else {
        throw changed(file, "was emptied")
      }
    }
  }

  private func changed(_ file: File, _ what: String) -> AccountsError {
    DataDirectory.unavailable(
      "\(file.path): \(what); put the file back, or restart the service with what is there now")
  }
}
