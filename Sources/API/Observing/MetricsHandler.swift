public import HTTP

/// Serves `/metrics`, meant for a listener of its own that only the operator can reach.
public struct MetricsHandler: Handler {
  private let router: Router

  /// - Parameter text: Writes the metrics.
  init(text: @escaping @Sendable () -> String) {
    var router = Router()
    router.on(.get, "/metrics") { _, _ in
      .respond(
        Response(
          .ok, headers: ["content-type": "text/plain; version=0.0.4; charset=utf-8"],
          body: .bytes(Array(text().utf8))))
    }
    self.router = router
  }

  /// Answers from the head alone.
  public func admit(_ head: RequestHead) throws -> Admission { try router.admit(head) }
}
