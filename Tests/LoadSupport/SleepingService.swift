import API
import Accounts
package import HTTP
import Rendering
import TestSupport

/// The whole service over a socket, keys included, with a model that sleeps.
package final class SleepingService: Sendable {
  /// The configuration.
  package struct Options: Sendable {
    /// Renders that sleep at the same time.
    package var slots = 4
    /// Renders that may wait.
    package var capacity = 32
    /// The time that each step of a render sleeps.
    package var stepSeconds = 0.0
    /// The side of the image that answers everyone.
    package var imageSide = 16
    /// Configures the server.
    package var configuration = ServerConfiguration()

    /// The defaults.
    package init() {}
  }

  /// The address, and an API key.
  package let target: LoadTarget
  private let service: Service
  private let renders: RenderService
  private let server: Server
  private let folder: TemporaryFolder

  /// Starts to serve, on a free port.
  /// - Parameter log: Takes the lines of the access log.
  package init(_ options: Options, log: @escaping @Sendable (String) -> Void = { _ in }) throws {
    folder = try TemporaryFolder()
    let keys = try KeyStore(directory: folder.path("data"))
    let token = try keys.create(name: "load", mode: .test).token.text
    renders = RenderService(capacity: options.capacity, slots: options.slots)
    service = Service(
      rendering: try SleepingModel(
        stepSeconds: options.stepSeconds, imageSide: options.imageSide),
      renders: renders, keys: keys, log: AccessLog(write: log))
    server = try Server(
      at: .tcp(host: "127.0.0.1", port: 0), configuration: options.configuration, handler: service)
    guard case .tcp(_, let port) = server.address else { throw CancellationError() }
    target = LoadTarget(port: port, token: token)
  }

  deinit { server.stop() }

  /// Renders that wait or run.
  package var depth: Int { renders.statistics.waiting + renders.statistics.running }

  /// Ends once everyone is answered.
  package func end() async {
    service.drain()
    server.drain()
    await server.waitUntilEnded()
  }
}
