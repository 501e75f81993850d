import CKernels
import Synchronization

/// The device that computes on tensors: the CPU, with a fixed number of threads.
///
/// All numeric operations of the models are methods of this type, one extension per family, so that
/// model code handles no pointers. Shapes in the documentation use `L` text tokens, `N` tokens of
/// any kind, `H` heads, `D` head width, `C` channels or features. Results do not depend on the
/// number of threads, to the byte (see `ckernels.h`). Several threads may use one device at once.
public final class Device: Sendable {
  /// The allowed numbers of threads.
  public static let threadCounts = 1...256

  /// Sees the input and the weight of each linear layer before it is applied.
  public typealias LinearObserver = @Sendable (TensorView, WeightTensor) -> Void

  /// The maximum number of threads per operation, including the calling one.
  public let threadCount: Int
  /// The provider of linear layers' products.
  public let products: ProductChoice
  /// The multiplications of all linear layers since the start.
  private let multiplications = Atomic<Int>(0)
  /// Address of the kernels' thread pool; set once, freed with the device.
  private let poolAddress: UInt

  /// Called before each linear layer; nil but for comparisons.
  let linearObserver: LinearObserver?

  /// Starts the threads; fewer if the system refuses more, which does not change results.
  /// - Parameters:
  ///   - threadCount: Clamped to `threadCounts`.
  ///   - products: The provider of linear layers' products.
  ///   - linearObserver: Called before each linear layer, on the calling thread.
  public init(
    threadCount: Int, products: ProductChoice = .iris, linearObserver: LinearObserver? = nil
  ) {
    self.products = products
    self.linearObserver = linearObserver
    self.threadCount = min(
      max(threadCount, Self.threadCounts.lowerBound), Self.threadCounts.upperBound)
    poolAddress = unsafe UInt(bitPattern: iris_pool_create(Int32(self.threadCount)))
    precondition(poolAddress != 0, "there is no memory for a pool of threads")
  }

  deinit {
    unsafe iris_pool_destroy(pool)
  }

  /// The multiplications of all linear layers so far, by which a test sees that work is done once.
  package var multiplicationCount: Int { multiplications.load(ordering: .relaxed) }

  /// Counts the product of a linear layer.
  func count(multiplications: Int) {
    self.multiplications.add(multiplications, ordering: .relaxed)
  }

  /// Keeps the memory of freed tensors for the next ones, in the whole process.
  ///
  /// Otherwise the system maps and zeroes each large tensor anew: 7 % of the time of a klein-4B render.
  public static func keepFreedMemory() { iris_keep_freed_memory() }

  /// Returns the memory of freed tensors to the system.
  public static func returnFreedMemory() { iris_return_freed_memory() }

  /// Asks the system for pages of 2 MB for the memory that tensors are about to take.
  ///
  /// A tile's rows lie in as many pages, and looking each of them up takes longer than writing it.
  public static func useLargePages(byteCount: Int) { iris_use_large_pages(byteCount) }

  /// The pool that is passed to the kernels.
  var pool: OpaquePointer? { unsafe OpaquePointer(bitPattern: poolAddress) }

  /// Multiplies and adds in registers on every thread, which is the most that the processor can do.
  /// - Parameter rounds: The number of repetitions; 2^22 take some ten milliseconds.
  /// - Returns: The number of floating-point operations.
  public func multiplyInRegisters(rounds: Int) -> Double {
    unsafe iris_peak(pool, threadCount, rounds)
  }

  /// The instruction set of the kernels on this machine: `avx512`, `avx2` or `portable`.
  public static var instructionSet: String { unsafe String(cString: iris_instruction_set()) }
}
