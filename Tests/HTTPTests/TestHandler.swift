import HTTP
import Synchronization
import TestSupport
import Text

/// The routes that the socket tests serve, with a log of what the handler saw.
struct TestHandler: Handler {
  final class Observations: Sendable {
    private struct Log {
      var started = 0
      var cancellations: [ContinuousClock.Instant] = []
      var records: [ExchangeRecord] = []
    }

    private let log = Mutex(Log())
    private let isReleased = Atomic(false)

    /// The times at which responders and producers were cancelled.
    var cancellations: [ContinuousClock.Instant] { log.withLock { $0.cancellations } }
    var started: Int { log.withLock { $0.started } }
    var records: [ExchangeRecord] { log.withLock { $0.records } }

    /// Has requests answered that are held.
    func release() { isReleased.store(true, ordering: .relaxed) }
    func waitForRelease() async {
      _ = try? await eventually { isReleased.load(ordering: .relaxed) }
    }

    func noteStart() { log.withLock { $0.started += 1 } }
    func noteCancellation() { log.withLock { $0.cancellations.append(.now) } }
    func note(_ record: ExchangeRecord) { log.withLock { $0.records.append(record) } }

    /// Waits until something holds.
    func wait(until holds: (Observations) -> Bool) async -> Bool {
      (try? await eventually { holds(self) }) ?? false
    }
  }

  let observations = Observations()
  private var router = Router()

  init() {
    let observations = observations
    router.on(.get, "/") { _, _ in .respond(Response(.ok, text: "hello")) }
    router.on(.post, "/echo") { head, _ in
      guard head.headers["authorization"] != "bad" else {
        return .respond(Response(Status(401), text: "no"))
      }
      return .accept(bodyLimit: 1 << 20) { request, _ in
        Response(.ok, body: .bytes(request.body))
      }
    }
    router.on(.get, "/sleep/{milliseconds}") { _, values in
      let time = Duration.milliseconds(values["milliseconds"]?.decimal ?? 0)
      return .accept { _, exchange in
        observations.noteStart()
        exchange.sendProcessing()
        do { try await Task.sleep(for: time) } catch { observations.noteCancellation() }
        return Response(.ok, text: "slept")
      }
    }
    router.on(.get, "/held") { _, _ in
      .accept { _, exchange in
        observations.noteStart()
        exchange.sendProcessing()
        await observations.waitForRelease()
        return Response(.ok, text: "held")
      }
    }
    router.on(.get, "/events") { _, _ in
      .respond(
        .events { events in
          for number in 0..<3 { try await events.send(event: "step", data: "\(number)") }
        })
    }
    router.on(.get, "/flood") { _, _ in
      .accept { _, _ in
        Response(
          .ok,
          body: .stream { writer in
            do {
              while true {
                try await writer.write([UInt8](repeating: 0x78, count: 64 << 10))
                observations.noteStart()
              }
            } catch {
              observations.noteCancellation()
              throw error
            }
          })
      }
    }
    router.on(.get, "/cut") { _, _ in
      .respond(
        Response(
          .ok,
          body: .stream { writer in
            try await writer.write([0x78])
            throw CancellationError()
          }))
    }
  }

  func admit(_ head: RequestHead) throws -> Admission { try router.admit(head) }

  func finished(_ record: ExchangeRecord) { observations.note(record) }
}

extension Handler {
  /// A server of this handler at a port that the system picks.
  func serve(_ configuration: ServerConfiguration = ServerConfiguration()) throws -> Server {
    try Server(at: .tcp(host: "127.0.0.1", port: 0), configuration: configuration, handler: self)
  }

  /// Runs blocking clients against a server of this handler, on a thread of their own, then stops it.
  func withServer<Value: Sendable>(
    _ configuration: ServerConfiguration = ServerConfiguration(),
    _ clients: @escaping @Sendable (BindAddress) -> Value
  ) async throws -> Value {
    let server = try serve(configuration)
    let value = await Blocking.run { clients(server.address) }
    server.stop()
    await server.waitUntilEnded()
    return value
  }
}

extension SocketClient {
  /// Connects to a server of this process.
  convenience init(_ address: BindAddress, receiveBufferBytes: Int32? = nil) {
    switch address {
    case .tcp(_, let port): self.init(port: port, receiveBufferByteCount: receiveBufferBytes)
    case .unix(let path): self.init(path: path)
    }
  }
}
