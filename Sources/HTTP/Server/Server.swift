import CHTTP
import Glibc

/// Serves a handler at an address, on a thread of its own, from its creation on.
///
/// See `Documentation/http.md` for how a request flows through it.
public final class Server: Sendable {
  /// Where it listens, with the port that the system picked if it was asked to.
  public let address: BindAddress
  private let commands: CommandQueue

  /// Starts to serve.
  ///
  /// Raises the process's soft limit of open files towards what `configuration.maxConnections` needs.
  /// - Parameter socketMode: The mode of a unix socket's file; to connect, one must be allowed to
  ///   write to it.
  /// - Throws: `system` when the address cannot be had.
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

  /// Accepts no more connections, answers what is under way, each time as the last answer of its
  /// connection, keeps idle connections for `ServerConfiguration.drainIdleTimeout`, and then ends.
  public func drain() { commands.enqueue(.drain) }

  /// Ends at once, cutting every connection.
  public func stop() { commands.enqueue(.stop) }

  /// Has the thread that serves run something between its own work, unless it has ended.
  ///
  /// - Parameter body: Must return at once, for nobody is served meanwhile.
  public func perform(_ body: @escaping @Sendable () -> Void) { commands.enqueue(.perform(body)) }

  /// Returns once the server has ended.
  public func waitUntilEnded() async { await commands.waitUntilClosed() }

  /// Has the process's threads share one heap, all of whose freed memory can be given back.
  ///
  /// For a process that serves, before it has other threads. A heap for each of several threads, as
  /// the C library has it, spares them a lock that is hardly ever taken here, and keeps up to 64 MB
  /// at the end of each.
  public static func useSingleMallocArena() { chttp_use_single_arena() }

  /// Besides its connections a process has files, libraries and listeners open.
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
