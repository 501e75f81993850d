public import Text

/// Finds the action for a request's path and method, before any body is read.
public struct Router: Sendable {
  /// Decides about a request, given the values of its path's placeholders.
  public typealias Action = @Sendable (RequestHead, [ByteString: ByteString]) throws -> Admission

  private struct Route: Sendable {
    let pattern: [ByteString]
    var actions: [Method: Action]

    /// Returns the placeholders' values if the path matches the pattern.
    func match(_ segments: [ByteString]) -> [ByteString: ByteString]? {
      guard segments.count == pattern.count else { return nil }
      var values: [ByteString: ByteString] = [:]
      for (piece, segment) in zip(pattern, segments) {
        if piece.first == UInt8(ascii: "{") {
          guard !segment.isEmpty else { return nil }
          values[piece.dropFirst().dropLast()] = segment
        } else if piece != segment {
          return nil
        }
      }
      return values
    }
  }

  private var routes: [Route] = []

  /// A router without routes.
  public init() {}

  /// Adds a route; earlier routes take precedence, and those for `GET` also serve `HEAD`.
  /// - Parameter path: Such as `/v1/models/{id}`; a placeholder takes one whole segment.
  public mutating func on(_ method: Method, _ path: String, _ action: @escaping Action) {
    let pattern = ByteString(path).dropFirst().split(on: "/")
    if let index = routes.firstIndex(where: { $0.pattern == pattern }) {
      routes[index].actions[method] = action
    } else {
      routes.append(Route(pattern: pattern, actions: [method: action]))
    }
  }

  /// Runs the action of the request's route.
  /// - Throws: `notFound`, `methodNotAllowed`, and the action's errors.
  public func admit(_ head: RequestHead) throws -> Admission {
    for route in routes {
      guard let values = route.match(head.target.segments) else { continue }
      let method = head.method == .head && route.actions[.head] == nil ? .get : head.method
      guard let action = route.actions[method] else {
        let allowed = route.actions.keys.sorted { $0.name < $1.name }
        throw HTTPError(.methodNotAllowed(allowed: allowed), "this path does not serve this method")
      }
      return try action(head, values)
    }
    throw HTTPError(.notFound, "nothing is served at \(head.target.path)")
  }
}
