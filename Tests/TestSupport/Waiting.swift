import Foundation

/// Waits until a condition holds, asking every 5 ms for at most a minute.
/// - Returns: True if it held; a test expects that.
public func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
  for _ in 0..<12_000 {
    if try await condition() { return true }
    try await Task.sleep(for: .milliseconds(5))
  }
  return try await condition()
}

/// Waits for midnight of UTC to pass, should it be near: the use of keys is counted by days and months.
public func awaitRoomInDay() async throws {
  let left = 86_400 - Date().timeIntervalSince1970.truncatingRemainder(dividingBy: 86_400)
  if left < 90 { try await Task.sleep(for: .seconds(left + 1)) }
}

/// Blocking work on threads of its own: Swift's few threads are those of the service under test.
public enum Blocking {
  /// Waits like ``eventually(_:)``, on a thread that may block.
  public static func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<12_000 {
      if condition() { return true }
      usleep(5000)
    }
    return condition()
  }

  /// Returns what some work comes to.
  public static func run<Value: Sendable>(
    _ body: @escaping @Sendable () -> Value
  ) async -> Value {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: body()) }
    }
  }

  /// Does some work as many times as is said, all at once.
  /// - Parameter body: Is given its number, from 0.
  public static func run<Value: Sendable>(
    count: Int, _ body: @escaping @Sendable (Int) -> Value
  ) async -> [Value] {
    await withTaskGroup(of: Value.self) { group in
      for number in 0..<count { group.addTask { await run { body(number) } } }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }

  /// Blocks the calling thread, as rendering does.
  public static func sleep(seconds: Double) { Thread.sleep(forTimeInterval: seconds) }
}
