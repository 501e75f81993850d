import Glibc
import HTTP
import Tensors

/// Prints how fast the kernels are beside a peer, what reading requests costs, or how the service bears
/// load, measured in one run.
///
/// `swift run -c release bench [threads]`: products in each precision, beside OpenBLAS and oneDNN where they are
/// installed, attention and convolutions.
/// `swift run -c release bench adapters [threads]`: see `AdapterBenchmark`.
/// `swift run -c release bench reading`: see `ReadingBenchmark`.
/// `swift run -c release bench hashing`: see `HashingBenchmark`.
/// `swift run -c release bench store [seconds] [folder | postgresql]`: see `StoreBenchmark`.
/// `swift run -c release bench ratios [FILE] [--record]`: see `RatioCheck`; the status is 1 if it fails.
/// `swift run -c release bench load [seconds] [part …]`: see `LoadBenchmark`.
@main
struct Benchmark {
  static func main() async throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch arguments.first {
    case "adapters":
      AdapterBenchmark(
        device: Device(threadCount: arguments.dropFirst().first.flatMap { Int($0) } ?? 1)
      ).run()
    case "reading": ReadingBenchmark().run()
    case "hashing": HashingBenchmark().run()
    case "store": try await StoreBenchmark(arguments.dropFirst()).run()
    case "ratios":
      if try !RatioCheck(arguments.dropFirst()).run() { exit(1) }
    case "load": try await LoadBenchmark(arguments.dropFirst()).run()
    case ServiceProcess.command:
      Server.useSingleMallocArena()
      try await ServiceProcess.serve(arguments.dropFirst())
    default: measureKernels(threads: arguments.first.flatMap { Int($0) } ?? 1)
    }
  }

  private static func measureKernels(threads: Int) {
    let device = Device(threadCount: threads)
    print("\(Device.instructionSet), \(threads) thread(s); ratio is ours over the peer's median")
    ProductBenchmark(threads: threads).run()
    OperationBenchmark(device: device).run()
  }
}
