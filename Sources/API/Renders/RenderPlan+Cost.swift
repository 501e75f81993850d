internal import Imaging
internal import Rendering

extension RenderPlan {
  /// Pixels of a side of a token; also where the model has larger ones, so that what is accounted
  /// for an image does not depend on the model.
  private static let tokenSide = 16
  /// References are scaled down to this many pixels (spec §9.1).
  private static let referenceArea = 1024 * 1024
  /// Rows of the prompt, padding included (spec §3).
  private static let promptTokens = 512
  /// A default image is the unit of cost: 768x768 in 4 steps.
  private static let unit = Double((48 * 48 + promptTokens) * 4)

  /// Tokens of the image.
  var outputTokens: Int { (size.width / Self.tokenSide) * (size.height / Self.tokenSide) }

  /// Tokens of the references, as klein looks at them.
  var referenceTokens: Int {
    references.reduce(0) { sum, image in
      let area = Double(image.width) * Double(image.height)
      let scale = min(1, (Double(Self.referenceArea) / area).squareRoot())
      let columns = Int(Double(image.width) * scale) / Self.tokenSide
      let rows = Int(Double(image.height) * scale) / Self.tokenSide
      return sum + columns * rows
    }
  }

  /// How much work it is, a default image being 1: tokens times steps, twice with guidance.
  var cost: Double {
    let tokens = Double(outputTokens + referenceTokens + Self.promptTokens)
    let passes = Double(stepCount) * (guidanceScale > 1 ? 2 : 1)
    return tokens * passes / Self.unit
  }
}
