internal import JSONText
internal import Rendering
internal import Text

extension Field {
  /// Warns of a value that has no effect although it asks for something.
  ///
  /// Clients send many of these parameters with every request, so that the values by which nothing is
  /// asked for stay without a warning, and so do all values that no image would show.
  func warning(about value: JSONValue) -> RenderWarning? {
    guard case .ignored(let idleWords?) = role, !isIdle(value, among: idleWords) else { return nil }
    return RenderWarning(
      .parameterIgnored, "\(name) has no effect here: images have one quality and one style")
  }

  private func isIdle(_ value: JSONValue, among words: [String]) -> Bool {
    switch value {
    case .null: true
    case .string(let bytes):
      bytes.isEmpty || words.contains(where: bytes.equals)
    default: false
    }
  }
}

extension ImagePayload.Delivery {
  /// What to say of previews that are not drawn.
  /// - Parameter stepCount: Steps that are run.
  func warnings(stepCount: Int) -> [RenderWarning] {
    guard partialImageCount > 0 else { return [] }
    guard isStreamed else {
      return [RenderWarning(.parameterIgnored, "partial_images has no effect without stream")]
    }
    let drawn = PreviewSchedule(count: partialImageCount, stepCount: stepCount).steps.count
    guard drawn < partialImageCount else { return [] }
    return [
      RenderWarning(
        .previewsReduced,
        "\(stepCount) \(stepCount == 1 ? "step has" : "steps have") room for \(drawn) of the \(partialImageCount) previews"
      )
    ]
  }
}
