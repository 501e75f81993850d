import CSQLite
import Foundation
import Synchronization

/// SQLite's own file system with an eye on its calls: a test may have one fail, and learns of each fsync.
///
/// Files are opened by SQLite's own; `xRead`, `xWrite`, `xTruncate` and `xSync` are replaced by ones that
/// ask first. That acts on all databases of the process, so it belongs into a process of its own.
final class WrappedFileSystem: Sendable {
  private typealias File = UnsafeMutablePointer<sqlite3_file>

  private struct State {
    var paths: [UInt: String] = [:]
    var fault: (@Sendable (Int32) -> Bool)?
    var didSync: (@Sendable (URL) -> Void)?
  }

  static let shared = WrappedFileSystem()
  private let state = Mutex(State())

  /// Has calls fail for which `fault` returns true, given what SQLite then calls the error.
  func setFault(_ fault: (@Sendable (Int32) -> Bool)?) { state.withLock { $0.fault = fault } }

  /// Calls `body` after each fsync with the file.
  func setDidSync(_ body: @escaping @Sendable (URL) -> Void) {
    state.withLock { $0.didSync = body }
  }

  private func isFailing(_ error: Int32) -> Bool {
    state.withLock { $0.fault }.map { $0(error) } ?? false
  }

  private func noteSync(of file: UInt) {
    let (path, body) = state.withLock { ($0.paths[file], $0.didSync) }
    if let path, let body { body(URL(filePath: path)) }
  }

  /// The state of the callbacks of C, which can capture nothing; set before any file is opened.
  private enum System {
    nonisolated(unsafe) static var files: UnsafeMutablePointer<sqlite3_vfs>?
    nonisolated(unsafe) static var methods = sqlite3_io_methods()
  }

  /// Makes SQLite open files through this from now on.
  func install() {
    guard let system = unsafe sqlite3_vfs_find(nil) else { return }
    unsafe System.files = system
    let wrapped = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    unsafe wrapped.initialize(to: system.pointee)
    unsafe wrapped.pointee.pNext = nil
    unsafe wrapped.pointee.zName = UnsafePointer(strdup("wrapped"))
    unsafe wrapped.pointee.xOpen = { _, name, file, flags, outFlags in
      let status = unsafe System.files?.pointee.xOpen(System.files, name, file, flags, outFlags)
      guard let file = unsafe file, status == SQLITE_OK else { return status ?? SQLITE_CANTOPEN }
      let path = unsafe name.map { unsafe String(cString: $0) }
      unsafe WrappedFileSystem.shared.wrap(file, path)
      return SQLITE_OK
    }
    unsafe sqlite3_vfs_register(wrapped, 1)
  }

  private func wrap(_ file: File, _ path: String?) {
    guard let methods = unsafe file.pointee.pMethods else { return }
    state.withLock { $0.paths[UInt(bitPattern: file)] = path }
    unsafe System.methods = methods.pointee
    let wrapped = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    unsafe wrapped.initialize(to: methods.pointee)
    unsafe wrapped.pointee.xRead = { file, bytes, count, offset in
      WrappedFileSystem.shared.isFailing(SQLITE_IOERR | 1 << 8)
        ? SQLITE_IOERR | 1 << 8 : unsafe System.methods.xRead(file, bytes, count, offset)
    }
    unsafe wrapped.pointee.xWrite = { file, bytes, count, offset in
      WrappedFileSystem.shared.isFailing(SQLITE_FULL)
        ? SQLITE_FULL : unsafe System.methods.xWrite(file, bytes, count, offset)
    }
    unsafe wrapped.pointee.xTruncate = { file, size in
      WrappedFileSystem.shared.isFailing(SQLITE_IOERR | 6 << 8)
        ? SQLITE_IOERR | 6 << 8 : unsafe System.methods.xTruncate(file, size)
    }
    unsafe wrapped.pointee.xSync = { file, flags in
      guard !WrappedFileSystem.shared.isFailing(SQLITE_IOERR | 4 << 8) else {
        return SQLITE_IOERR | 4 << 8
      }
      let status = unsafe System.methods.xSync(file, flags)
      WrappedFileSystem.shared.noteSync(of: UInt(bitPattern: file))
      return status
    }
    unsafe file.pointee.pMethods = UnsafePointer(wrapped)
  }
}
