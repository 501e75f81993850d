import Glibc

/// The files and sockets that this process may have open.
public enum OpenFiles {
  /// Raises the limit, which is a thousand on most machines, to a number.
  /// - Returns: False where no process of this user may have so many.
  public static func allow(_ count: Int) -> Bool {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard unsafe getrlimit(resource, &limit) == 0 else { return false }
    if limit.rlim_cur >= count { return true }
    guard limit.rlim_max >= count else { return false }
    limit.rlim_cur = rlim_t(count)
    return unsafe setrlimit(resource, &limit) == 0
  }
}
