/// The sending end of a streamed body; usable from several tasks, whose pieces stay whole.
public struct BodyWriter: Sendable {
  private let send: @Sendable ([UInt8]) async throws -> Void

  /// A writer that hands every piece to a closure.
  package init(_ send: @escaping @Sendable ([UInt8]) async throws -> Void) { self.send = send }

  /// Sends a piece and returns once there is room for another.
  /// - Throws: `CancellationError` when the client is gone.
  public func write(_ piece: [UInt8]) async throws { try await send(piece) }
}
