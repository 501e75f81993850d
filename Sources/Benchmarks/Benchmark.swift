import Tensors

/// Prints how fast the kernels are beside a peer, measured in one run.
///
/// `swift run -c release bench [threads]`. OpenBLAS and oneDNN are peers where their libraries are
/// installed; nothing is built against them.
@main
struct Benchmark {
  static func main() {
    let threads = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 1
    let device = Device(threadCount: threads)
    print("\(Device.instructionSet), \(threads) thread(s); ratio is ours over the peer's median")
    ProductBenchmark(device: device, peers: Peer.installed(threads: threads)).run()
    OperationBenchmark(device: device).run()
  }
}
