import CSQLite
import Glibc

/// A copy of an SQLite database that is made while it is in use.
///
/// It is of one moment: what is written meanwhile is not in it.
/// - Note: SQLite, *SQLite Backup API*, https://sqlite.org/backup.html.
enum SQLiteBackup {
  /// Copies all pages at once, holding off nobody: readers do not block writers in WAL mode.
  private static let allPages: Int32 = -1

  /// Copies a database into a file that its owner alone can read, and that is replaced once the copy is
  /// complete and durable.
  ///
  /// A device, a folder or a link is not replaced.
  static func copy(_ source: SQLiteDatabase, to file: String) throws(AccountsError) {
    var status = stat()
    guard unsafe lstat(file, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
      throw AccountsError(.invalidValue, "\(file) is not a regular file; name another for the copy")
    }
    let temporary = file + ".new"
    unsafe unlink(temporary)
    let created = unsafe open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard created >= 0 else { throw DataDirectory.unavailable("cannot write \(temporary)", errno) }
    defer { close(created) }
    do throws(AccountsError) {
      try copyPages(of: source, to: temporary)
      guard fsync(created) == 0, unsafe rename(temporary, file) == 0 else {
        throw DataDirectory.unavailable("cannot write \(file)", errno)
      }
    } catch {
      unsafe unlink(temporary)
      throw error
    }
  }

  private static func copyPages(
    of source: SQLiteDatabase, to file: String
  ) throws(AccountsError) {
    let target = try SQLiteDatabase(copyTo: file)
    unsafe try target.withHandle { (target) throws(AccountsError) in
      unsafe try source.withHandle { (source) throws(AccountsError) in
        guard let backup = unsafe sqlite3_backup_init(target, "main", source, "main") else {
          throw failure(unsafe sqlite3_errcode(target))
        }
        let status = unsafe sqlite3_backup_step(backup, allPages)
        let end = unsafe sqlite3_backup_finish(backup)
        guard status == SQLITE_DONE, end == SQLITE_OK else { throw failure(status) }
      }
    }
  }

  private static func failure(_ status: Int32) -> AccountsError {
    AccountsError(
      .storeUnavailable, "the copy failed: \(SQLiteStatement.explanation(status))")
  }
}
