import Foundation
import Hashing
import Testing

@Suite struct HashingLibraryTests {
  /// Each process ends while two threads hash as fast as they can.
  @Test func `a process ends well while its threads hash`() async {
    for _ in 0..<10 {
      await #expect(processExitsWith: .exitCode(7)) {
        HashingLibrary.keepThroughExit()
        let begun = DispatchSemaphore(value: 0)
        for _ in 0..<2 {
          Thread.detachNewThread {
            _ = SHA256.hash([1])
            begun.signal()
            while true { _ = SHA256.hash([1]) }
          }
        }
        begun.wait()
        begun.wait()
        exit(7)
      }
    }
  }
}
