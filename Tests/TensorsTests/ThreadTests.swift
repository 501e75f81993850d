import Tensors
import Testing

@Suite struct ThreadTests {
  @Test(arguments: [2, 3, 5])
  func `the number of threads never changes a byte`(threads: Int) {
    let one = Device(threadCount: 1)
    let many = Device(threadCount: threads)
    let x = Naive.tensor([333, 96], seed: 1)
    let weight = WeightTensor(Naive.tensor([288, 96], seed: 2))
    let fused = one.linear(x, weight)
    #expect(many.linear(x, weight) == fused)
    let heads = HeadLayout(count: 3, headDim: 32)
    let parts = [0..<96, 96..<192, 192..<288].map { fused[columns: $0] }
    let attended = one.attention(parts[0], parts[1], parts[2], heads: heads)
    #expect(many.attention(parts[0], parts[1], parts[2], heads: heads) == attended)
    let image = Naive.tensor([37, 41, 24], seed: 3)
    #expect(
      many.channelMoments(of: image).variances == one.channelMoments(of: image).variances)
  }

  @Test func `one device serves several callers at once`() async {
    let device = Device(threadCount: 3)
    let x = Naive.tensor([100, 50], seed: 1)
    let weight = WeightTensor(Naive.tensor([70, 50], seed: 2))
    let expected = device.linear(x, weight)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<16 {
        group.addTask { (0..<20).allSatisfy { _ in device.linear(x, weight) == expected } }
      }
      for await equal in group { #expect(equal) }
    }
  }
}
