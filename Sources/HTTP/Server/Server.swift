import CHTTP
import Glibc

/// An HTTP/1.1 server that serves a handler at an address, on a thread of its own.
///
/// `Documentation/http.md` describes the flow of a request through it.
public final class Server: Sendable {
  /// The address it listens at, with the port that the system picked for port 0.
  public let address: BindAddress
  private let commands: CommandQueue

  /// Starts serving.
  ///
  /// Raises the process's soft limit of open files towards what `configuration.maxConnections` needs.
  /// - Parameter socketMode: The mode of a unix socket's file; to connect, one must be allowed to
  ///   write to it.
  /// - Throws: `system` if it cannot listen at the address.
  public init(
    at address: BindAddress, socketMode: UInt32 = 0o600,
    configuration: ServerConfiguration = ServerConfiguration(),
    handler: any Handler
  ) throws(HTTPError) {
    Self.allowOpenFiles(configuration.maxConnections)
    let listener = try Listener(address, socketMode: socketMode)
    self.address = listener.address
    commands = try CommandQueue()
    let loop = try EventLoop(
      listener: listener, commands: commands, handler: handler, configuration: configuration)
    try Self.startThread { loop.run() }
  }

  deinit { commands.enqueue(.stop) }

  /// Shuts down gracefully: accepts no more connections, answers the requests under way, each with the
  /// last answer of its connection, keeps idle connections for `ServerConfiguration.drainIdleTimeout`,
  /// and then ends.
  public func drain() { commands.enqueue(.drain) }

  /// Ends at once, cutting every connection.
  public func stop() { commands.enqueue(.stop) }

  /// Runs a closure on the event loop's thread, unless the server has ended.
  /// - Parameter body: Must return at once, since it blocks the loop.
  public func perform(_ body: @escaping @Sendable () -> Void) { commands.enqueue(.perform(body)) }

  /// Waits until the server has ended.
  public func waitUntilEnded() async { await commands.waitUntilClosed() }

  /// Makes all threads of the process allocate from one malloc arena, whose free memory can all be
  /// returned to the system.
  ///
  /// To be called before the process has other threads. glibc's arena per thread avoids contention
  /// for a lock that is rarely contended here, and keeps up to 64 MB at the end of each
  /// (`Sources/Benchmarks/LOG.md`).
  public static func useSingleMallocArena() { chttp_use_single_arena() }

  /// Raises the soft limit of open files to the connections and 512 for files, libraries and listeners.
  private static func allowOpenFiles(_ connections: Int) {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    let wanted = rlim_t(clamping: connections) + 512
    guard unsafe getrlimit(resource, &limit) == 0, limit.rlim_cur < wanted else { return }
    limit.rlim_cur = min(limit.rlim_max, wanted)
    unsafe setrlimit(resource, &limit)
  }

  private final class ThreadStart {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  private static func startThread(_ body: @escaping () -> Void) throws(HTTPError) {
    let start = unsafe Unmanaged.passRetained(ThreadStart(body))
    var thread = pthread_t()
    let result = unsafe pthread_create(
      &thread, nil,
      { argument in
        if let argument = unsafe argument {
          unsafe Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue().body()
        }
        return nil
      }, start.toOpaque())
    guard result == 0 else {
      unsafe start.release()
      throw HTTPError(.system(errno: result), "pthread_create failed")
    }
    pthread_detach(thread)
  }
}
