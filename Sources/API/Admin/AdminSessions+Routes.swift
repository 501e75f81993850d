import HTTP
import JSON
import Text

extension AdminSessions {
  /// What signing in, asking for the session and signing out answer.
  var routes: [(Method, @Sendable (RequestHead) -> Response)] {
    [
      (
        .post,
        { _ in
          let (session, cookie) = self.begin()
          return Self.answer(session, cookie: cookie)
        }
      ),
      (.get, { head in Self.answer(self.session(of: head.headers)) }),
      (.delete, { head in Self.answer(nil, cookie: self.end(of: head.headers)) }),
    ]
  }

  private static func answer(_ session: Session?, cookie: ByteString? = nil) -> Response {
    var response = Response.json(
      .object(present: [("csrf_token", session.map { .string($0.csrfToken) })]))
    if let cookie { response.headers["set-cookie"] = cookie }
    return response
  }
}
