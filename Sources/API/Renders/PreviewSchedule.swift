/// After which steps previews are drawn: spread evenly, none after the last step, when the image
/// itself is next.
struct PreviewSchedule: Sendable, Equatable {
  /// Numbers of steps, from 1, rising.
  let steps: [Int]

  /// - Parameters:
  ///   - count: Previews asked for; fewer if there are not enough steps.
  ///   - stepCount: Steps that are run.
  init(count: Int, stepCount: Int) {
    let count = min(count, stepCount - 1)
    guard count > 0 else {
      steps = []
      return
    }
    steps = (1...count).map { $0 * stepCount / (count + 1) }
  }

  /// The preview's place if one is drawn after this step.
  func index(after step: Int) -> Int? { steps.firstIndex(of: step) }
}
