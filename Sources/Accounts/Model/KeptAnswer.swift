/// An answer that is kept, without its body.
struct KeptAnswer: Sendable, Equatable {
  let request: String
  let status: Int
  let contentType: String
  /// The SHA-256 of the body.
  let digest: [UInt8]
}
