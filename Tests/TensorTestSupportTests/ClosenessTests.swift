import TensorTestSupport
import Tensors
import Testing

@Suite struct ClosenessTests {
  private let reference = Tensor(shape: [2, 3], elements: [0, 1, 2, 3, 4, -50])

  private func changed(at index: Int, by difference: Float) -> Tensor {
    var tensor = reference
    tensor.elements[index] += difference
    return tensor
  }

  @Test func `the worst element, its place and the mean are found`() {
    let closeness = Closeness([1, 5, 2.5], [1, 2, 2])
    #expect(closeness.maximum == 3)
    #expect(closeness.worst == 1)
    #expect(closeness.mean == 3.5 / 3)
  }

  @Test func `the cosine tells directions, not lengths`() {
    #expect(Closeness([3, 4], [6, 8]).cosine == 1)
    #expect(Closeness([3, 4], [-4, 3]).cosine == 0)
    #expect(Closeness([3, 4], [-3, -4]).cosine == -1)
    #expect(Closeness([0, 0], [0, 0]).cosine == 1)
    #expect(Closeness([0, 0], [1, 0]).cosine == 0)
  }

  @Test func `a layer that is off is named with its worst element and the cosine`() {
    withKnownIssue {
      expectLayer(changed(at: 4, by: 0.5), reference, tolerance: 0.25, "double.1")
    } matching: { issue in
      let text = issue.comments.map(\.rawValue).joined()
      return text.contains("double.1: element [1, 1] is 4.5, the reference 4.0")
        && text.contains("; cosine 0.9999")
    }
  }

  @Test(arguments: [0, 3, 5])
  func `a difference within the tolerance passes`(index: Int) {
    expectClose(changed(at: index, by: 0.25), reference, tolerance: 0.25)
    expectClose(changed(at: index, by: 0.25), reference, tolerance: 0, relative: 0.005)
  }

  @Test func `a failure names the element, both values and the differences`() {
    withKnownIssue {
      expectClose(changed(at: 4, by: 0.5), reference, tolerance: 0.25, "velocity")
    } matching: { issue in
      let text = issue.comments.map(\.rawValue).joined()
      return text.contains(
        "velocity: element [1, 1] is 4.5, the reference 4.0; largest difference 0.5")
    }
  }

  @Test(arguments: [Float.nan, .infinity])
  func `a value that is not a number never passes`(value: Float) {
    withKnownIssue {
      expectClose(changed(at: 2, by: value), reference, tolerance: 1000)
    }
  }

  @Test func `other shapes with the same elements never pass`() {
    withKnownIssue {
      expectClose(reference.reshaped([3, 2]), reference, tolerance: 1000)
    }
  }
}
