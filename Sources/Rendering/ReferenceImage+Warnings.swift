extension ReferenceImage {
  /// Warns of frames and transparency that the model does not see.
  /// - Parameter number: Its place among the request's images, from 1.
  func warnings(number: Int) -> [RenderWarning] {
    var warnings: [RenderWarning] = []
    if frameCount > 1 {
      warnings.append(
        RenderWarning(
          .framesIgnored, "image \(number) has \(frameCount) frames, of which the first is used"))
    }
    if isTransparent {
      warnings.append(
        RenderWarning(
          .transparencyFlattened,
          "image \(number) is transparent in places, which are taken for white; they are no mask"))
    }
    return warnings
  }
}
