import HTTP

/// A connection's state machine without a socket, with a handler that decides as told and a fake clock.
struct EmbeddedConnection {
  /// The handler's decision about every request; nil accepts it.
  var admission: (RequestHead) -> Admission? = { _ in nil }
  var state: ConnectionStateMachine
  var now: ContinuousClock.Instant
  /// True if the client takes output at once; otherwise it stays unsent, as with a slow client.
  var takesOutput = true
  /// True if whole requests are answered at once with their body.
  var answersAtOnce = true

  private(set) var output: [UInt8] = []
  private(set) var requests: [Request] = []
  private(set) var records: [ExchangeRecord] = []
  private(set) var hasShutDown = false
  private(set) var isClosed = false

  init(configuration: ServerConfiguration = ServerConfiguration(), answersAtOnce: Bool = true) {
    now = .now
    state = ConnectionStateMachine(configuration: configuration, at: now)
    self.answersAtOnce = answersAtOnce
  }

  var text: String { String(decoding: output, as: UTF8.self) }

  /// The status codes of the answers, interim ones excluded.
  var statuses: [Int] {
    text.components(separatedBy: "HTTP/1.1 ").dropFirst().compactMap { Int($0.prefix(3)) }
      .filter { $0 >= 200 }
  }

  mutating func receive(_ text: String) { receive(Array(text.utf8)) }

  mutating func receive(_ bytes: [UInt8]) {
    guard !isClosed else { return }
    perform(state.receive(bytes[...], at: now))
  }

  mutating func respond(_ response: Response) {
    perform(state.respond(response, dated: "today", at: now))
  }

  /// Lets time pass, with a tick at its end.
  mutating func wait(_ time: Duration) {
    now += time
    perform(state.tick(at: now))
  }

  mutating func take(_ byteCount: Int) { perform(state.sent(byteCount, at: now)) }

  mutating func perform(_ actions: [ConnectionStateMachine.Action]) {
    for action in actions {
      switch action {
      case .admit(let head):
        switch admission(head) {
        case .respond(let response): respond(response)
        case .accept(let limit, _): accept(limit ?? ServerConfiguration().maxBodyBytes)
        // The decision is the test's to bring, by `respond` or `accept`.
        case .deferred: break
        case nil: accept(1 << 20)
        }
      case .fail(let error, _):
        respond(Response(error.status, headers: error.headers, text: error.detail))
      case .run(let request):
        requests.append(request)
        if answersAtOnce { respond(Response(.ok, body: .bytes(request.body))) }
      case .send(let bytes):
        output += bytes
        if takesOutput { take(bytes.count) }
      case .shutDownSending: hasShutDown = true
      case .close: isClosed = true
      case .finished(let record): records.append(record)
      }
    }
  }

  private mutating func accept(_ limit: Int) {
    perform(state.accept(bodyLimit: limit, at: now))
  }
}

extension String {
  /// The pieces between the occurrences of a separator.
  func components(separatedBy separator: String) -> [Substring] {
    split(separator: separator, omittingEmptySubsequences: false)
  }
}
