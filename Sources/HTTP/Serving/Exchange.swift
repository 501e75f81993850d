/// What a responder can do while its request runs.
public struct Exchange: Sendable {
  private let interim: @Sendable (Status) -> Void

  /// An exchange that passes interim responses on; by default it drops them.
  package init(interim: @escaping @Sendable (Status) -> Void = { _ in }) { self.interim = interim }

  /// Sends `102 Processing`, which keeps clients that understand it from giving up.
  public func sendProcessing() { interim(Status(102)) }
}
