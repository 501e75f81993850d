import FoundationEssentials
import Glibc

/// The directory that contains a store, held open.
///
/// Anyone able to create a link in it could make the store's owner write to any file, or supply
/// their own pepper. So the directory must belong to the user that runs the program, no other user
/// may write to it, and its files are opened relative to the descriptor, without following links.
///
/// Invariant: `descriptor` is open from `init` to `deinit`.
final class DataDirectory: Sendable {
  /// The path as given, without trailing slashes.
  let path: String
  private let descriptor: Int32

  /// Opens the directory.
  /// - Parameter isCreated: True to create one that does not exist, with access for its owner only.
  init(_ given: String, isCreated: Bool = true) throws(AccountsError) {
    var path = given
    while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
    self.path = path
    var opened = try Self.open(path)
    if opened == nil, isCreated {
      try Self.create(path)
      opened = try Self.open(path)
    }
    guard let opened else { throw Self.unavailable("there is no directory \(path)") }
    descriptor = opened
    try check()
  }

  deinit { close(descriptor) }

  /// Returns the path of a file in the directory.
  func path(of name: String) -> String { "\(path)/\(name)" }

  /// Returns the path of a file in the directory, with links on the way resolved.
  func realPath(of name: String) throws(AccountsError) -> String {
    guard let resolved = unsafe realpath(path, nil) else {
      throw Self.unavailable("cannot find \(path)", errno)
    }
    defer { unsafe free(resolved) }
    return unsafe "\(String(cString: resolved))/\(name)"
  }

  /// Returns whether a path leads to one of these names in this directory, whether or not there is such a file.
  func holds(_ names: [String], at path: String) throws(AccountsError) -> Bool {
    let (parent, name) = Self.split(path)
    guard names.contains(name) else { return false }
    var (own, other) = (stat(), stat())
    guard unsafe fstat(descriptor, &own) == 0 else {
      throw Self.unavailable("cannot look at the data directory \(self.path)", errno)
    }
    return unsafe fstatat(AT_FDCWD, parent, &other, 0) == 0 && own.st_dev == other.st_dev
      && own.st_ino == other.st_ino
  }

  private static func split(_ path: String) -> (parent: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    return (String(path[...slash]), String(path[path.utf8.index(after: slash)...]))
  }

  /// Takes the exclusive lock, waiting until other holders release it.
  func lock() throws(AccountsError) {
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw Self.unavailable("cannot lock \(path)", errno) }
    }
  }

  /// Releases the lock.
  func unlock() { flock(descriptor, LOCK_UN) }

  // MARK: Files

  /// Opens a file of the store, without following a link.
  /// - Returns: The descriptor, which the caller must close; nil if the file does not exist.
  func open(_ name: String, _ flags: Int32) throws(AccountsError) -> Int32? {
    let flags = flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    let opened = unsafe openat(descriptor, name, flags, 0o600)
    if opened >= 0 { return opened }
    switch errno {
    case ENOENT: return nil
    case ELOOP: throw Self.unavailable("\(path(of: name)) is a symbolic link; it must be a file")
    default: throw Self.unavailable("cannot open \(path(of: name))", errno)
    }
  }

  /// Returns the status of an open file of the store; throws unless it is a regular file that only
  /// its owner may write to.
  func status(of file: Int32, _ name: String) throws(AccountsError) -> stat {
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else {
      throw Self.unavailable("cannot look at \(path(of: name))", errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Self.unavailable("\(path(of: name)) is not a regular file")
    }
    guard status.st_nlink <= 1 else {
      throw Self.unavailable(
        "\(path(of: name)) has another name besides (a hard link): copy it, and put the copy there")
    }
    try Self.checkOwner(status, path(of: name))
    guard status.st_mode & 0o022 == 0 else {
      throw Self.unavailable(
        "\(path(of: name)) may be written by others: run `chmod 600 '\(path(of: name))'`")
    }
    return status
  }

  /// Writes a file readable only by its owner, replacing an existing one atomically.
  ///
  /// The caller must hold the lock, unless nobody else writes a file of this name.
  func write(_ bytes: [UInt8], to name: String) throws(AccountsError) {
    let temporary = name + ".new"
    // Removes the temporary file of a process that was killed; a link is removed, not followed.
    unsafe unlinkat(descriptor, temporary, 0)
    guard let file = try open(temporary, O_WRONLY | O_CREAT | O_EXCL) else {
      throw Self.unavailable("cannot write \(path(of: temporary))")
    }
    let written = unsafe Glibc.write(file, bytes, bytes.count)
    let isDurable = written == bytes.count && fchmod(file, 0o600) == 0 && fsync(file) == 0
    close(file)
    guard isDurable, unsafe renameat(descriptor, temporary, descriptor, name) == 0 else {
      let number = errno
      unsafe unlinkat(descriptor, temporary, 0)
      throw Self.unavailable("cannot write \(path(of: name))", number)
    }
    fsync(descriptor)
  }

  /// Makes a folder for the directory's owner only, unless there is one; throws if the directory was removed.
  func makeFolder(_ name: String) throws(AccountsError) {
    guard unsafe mkdirat(descriptor, name, 0o700) == 0 || errno == EEXIST else {
      throw Self.unavailable("cannot create \(path(of: name))", errno)
    }
  }

  /// Removes a file.
  func remove(_ name: String) throws(AccountsError) {
    guard unsafe unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else {
      throw Self.unavailable("cannot remove \(path(of: name))", errno)
    }
  }

  // MARK: Checks

  /// Opens an existing directory; returns nil if there is none.
  ///
  /// Links before the last component of the path are accepted, since the operator made them:
  /// `/var/lib/iris` is one under systemd's `DynamicUser`. A link as the last component is followed
  /// only if it belongs to the system or to the user that runs the program.
  private static func open(_ path: String) throws(AccountsError) -> Int32? {
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
    var opened = unsafe Glibc.open(path, flags | O_NOFOLLOW)
    var link = stat()
    if opened < 0, errno == ELOOP || errno == ENOTDIR, unsafe lstat(path, &link) == 0,
      link.st_mode & S_IFMT == S_IFLNK
    {
      guard link.st_uid == 0 || link.st_uid == geteuid() else {
        throw unavailable(
          "the data directory \(path) is a link that user \(link.st_uid) made; "
            + "name the directory itself")
      }
      opened = unsafe Glibc.open(path, flags)
    }
    if opened >= 0 { return opened }
    guard errno == ENOENT else {
      throw unavailable("cannot open the data directory \(path)", errno)
    }
    return nil
  }

  private static func create(_ path: String) throws(AccountsError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw unavailable("cannot create the data directory \(path)")
    }
  }

  private func check() throws(AccountsError) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw Self.unavailable("cannot look at the data directory \(path)", errno)
    }
    try Self.checkOwner(status, "the data directory \(path)")
    guard status.st_mode & 0o022 == 0 else {
      throw Self.unavailable(
        "the data directory \(path) may be written by others: run `chmod 700 '\(path)'`")
    }
  }

  private static func checkOwner(_ status: stat, _ what: String) throws(AccountsError) {
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
      throw unavailable(
        "\(what) belongs to user \(status.st_uid), and this runs as user \(geteuid()): run it as "
          + "the owner, as by `sudo -u '#\(status.st_uid)'`, or change the owner with chown")
    }
  }

  static func unavailable(_ text: String, _ number: Int32? = nil) -> AccountsError {
    let reason = number.map { unsafe ": \(String(cString: strerror($0)))" } ?? ""
    return AccountsError(.storeUnavailable, text + reason)
  }
}
