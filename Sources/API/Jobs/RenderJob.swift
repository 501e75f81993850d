import Flux2
import Hashing
import Imaging
import Rendering

/// A request that is ready to be rendered, with the memory that it holds.
struct RenderJob: Sendable {
  /// The form of the response.
  struct Delivery: Sendable, Equatable {
    var isStreamed = false
    /// Previews that were asked for.
    var partialImageCount = 0
    /// True if the answer has the images' URLs in place of the images.
    var hasURLs = false
  }

  let endpoint: Endpoint
  /// The model that was asked for.
  let model: ModelConfiguration
  let rendering: any ImageRendering
  let render: PreparedRender
  /// The work of the images, a default one of the first model being 1.
  let cost: Double
  /// The warnings of the render and of its delivery.
  let warnings: [RenderWarning]
  let delivery: Delivery
  let principal: Principal
  /// Tells it from other requests.
  let fingerprint: SHA256Digest
  /// Memory that is given back when the job is no longer held by anyone.
  let reservations: [MemoryBudget.Reservation]

  init(
    _ render: PreparedRender, by rendering: any ImageRendering, of model: ModelConfiguration,
    relativeCost: Double, at endpoint: Endpoint, delivery: Delivery, for principal: Principal,
    fingerprint: SHA256Digest, holding reservations: [MemoryBudget.Reservation]
  ) {
    cost = render.plan.cost * relativeCost
    self.endpoint = endpoint
    self.model = model
    self.rendering = rendering
    self.render = render
    self.delivery = delivery
    self.principal = principal
    self.fingerprint = fingerprint
    self.reservations = reservations
    warnings = render.warnings.merging(
      delivery.warnings(stepCount: render.plan.request.remainingStepCount))
  }
}

extension RenderJob.Delivery {
  /// The steps, from 1, after which previews are drawn.
  ///
  /// They are spread evenly. None is the last step, after which the image itself comes, so that there are
  /// fewer previews than were asked for where the steps are few.
  func previewSteps(of stepCount: Int) -> [Int] {
    let count = min(partialImageCount, stepCount - 1)
    return count > 0 ? (1...count).map { $0 * stepCount / (count + 1) } : []
  }

  /// Warns of previews that are not drawn.
  /// - Parameter stepCount: Steps that are run.
  func warnings(stepCount: Int) -> [RenderWarning] {
    guard partialImageCount > 0 else { return [] }
    guard isStreamed else {
      return [RenderWarning(.parameterIgnored, "partial_images has no effect without stream")]
    }
    let drawn = previewSteps(of: stepCount).count
    guard drawn < partialImageCount else { return [] }
    return [
      RenderWarning(
        .previewsReduced,
        "\(stepCount) \(stepCount == 1 ? "step has" : "steps have") room for \(drawn) of the \(partialImageCount) previews"
      )
    ]
  }
}

extension RenderPlan {
  /// Pixels of a side of a token; also where the model has larger ones, so that what is accounted
  /// for an image does not depend on the model.
  private static let tokenSide = SizePolicy.multiple
  /// The cost of a default image of a distilled model, the unit of cost.
  private static let unit = Double(
    (tokens(of: SizePolicy.defaultSize) + ModelIndex.defaultPromptLength)
      * RenderDefaults.distilled.stepCount)

  /// Tokens of the image.
  var outputTokens: Int { Self.tokens(of: size) }

  private static func tokens(of size: PixelSize) -> Int {
    (size.width / tokenSide) * (size.height / tokenSide)
  }

  /// Tokens of the references, as klein looks at them.
  var referenceTokens: Int {
    request.references.reduce(0) { sum, image in
      let area = Double(image.width) * Double(image.height)
      let scale = min(1, (Double(ReferenceImage.pixelLimit) / area).squareRoot())
      let columns = Int(Double(image.width) * scale) / Self.tokenSide
      let rows = Int(Double(image.height) * scale) / Self.tokenSide
      return sum + columns * rows
    }
  }

  /// The work of the images, a default one being 1: tokens times steps, twice with guidance.
  var cost: Double {
    let tokens = Double(outputTokens + referenceTokens + ModelIndex.defaultPromptLength)
    let passes = Double(request.stepCount) * (request.guidanceScale > 1 ? 2 : 1)
    return tokens * passes / Self.unit * Double(imageCount)
  }
}
