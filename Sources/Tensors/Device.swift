import CKernels

/// Where tensors are computed: the CPU, on a fixed number of threads.
///
/// All numeric operations of the models are methods of this type, one extension per family; model code
/// calls them and touches no pointer. Shapes in the documentation use `L` text tokens, `N` tokens of any
/// kind, `H` heads, `D` head width, `C` channels or features. The number of threads never changes a
/// byte of a result (see `ckernels.h`). One device may serve several threads at once.
public final class Device: Sendable {
  /// How many threads may share an operation.
  public static let threadCounts = 1...256

  /// The most threads that share an operation, the calling one included.
  public let threadCount: Int
  /// Address of the kernels' thread pool; set once, destroyed with the device.
  private let poolAddress: UInt

  /// Starts the threads; fewer where the system refuses more, which changes no result.
  /// - Parameter threadCount: One of `threadCounts`; values outside are clamped.
  public init(threadCount: Int) {
    self.threadCount = min(
      max(threadCount, Self.threadCounts.lowerBound), Self.threadCounts.upperBound)
    poolAddress = unsafe UInt(bitPattern: iris_pool_create(Int32(self.threadCount)))
    precondition(poolAddress != 0, "there is no memory for a pool of threads")
  }

  deinit {
    unsafe iris_pool_destroy(pool)
  }

  /// The pool the kernels take.
  var pool: OpaquePointer? { unsafe OpaquePointer(bitPattern: poolAddress) }

  /// The instruction set the kernels use on this machine: `avx512`, `avx2` or `portable`.
  public static var instructionSet: String { unsafe String(cString: iris_instruction_set()) }
}
