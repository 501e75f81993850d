import Glibc

/// Blocks a thread, as rendering does.
enum Pause {
  static func sleep(seconds: Double) { usleep(UInt32(seconds * 1e6)) }

  /// Waits until something holds, at most 20 seconds.
  static func until(_ condition: @escaping @Sendable () async throws -> Bool) async throws -> Bool {
    for _ in 0..<2000 {
      if try await condition() { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return try await condition()
  }
}
