/// Gives a sign of life at regular intervals while something else goes on.
/// - Parameters:
///   - seconds: The interval; the first sign comes after it.
///   - beat: Gives the sign; what it throws ends both.
///   - body: What goes on.
/// - Returns: What `body` returns.
func withHeartbeat<Result: Sendable>(
  every seconds: Double, _ beat: @escaping @Sendable () async throws -> Void,
  _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Result?.self) { group in
    group.addTask { try await body() }
    group.addTask {
      while true {
        try await Task.sleep(for: .seconds(seconds))
        try await beat()
      }
    }
    defer { group.cancelAll() }
    while let result = try await group.next() {
      if let result { return result }
    }
    throw CancellationError()
  }
}
