public import Imaging

/// A golden that was rendered anew, beside what was recorded of it.
public struct GoldenComparison: Sendable {
  /// What was rendered.
  public let golden: Golden
  /// The new image.
  public let rendered: RenderedImage
  /// The recorded image; nil if there is none.
  public let recorded: Raster?
  /// What the recorded image says made it; nil if it does not.
  public let recordedMetadata: RenderMetadata?
  /// The instruction set whose kernels drew the new image.
  public let instructionSet: String
  /// How far the new image is from the recorded one; nil without one of the same size.
  public let difference: ImageDifference?

  init(
    _ golden: Golden, rendered: RenderedImage, recorded: Raster?, recordedMetadata: RenderMetadata?,
    instructionSet: String
  ) {
    self.golden = golden
    self.rendered = rendered
    self.recorded = recorded
    self.recordedMetadata = recordedMetadata
    self.instructionSet = instructionSet
    difference = recorded.flatMap { ImageDifference($0, rendered.raster) }
  }

  /// Whether there is nothing to record.
  public var isIdentical: Bool { golden.recordedOn != nil && isSameImage }

  /// Whether the recorded image has the same pixels, made by the same request.
  ///
  /// A new version or another model that draws the same, or something more to say of it, is no reason to
  /// write a file.
  var isSameImage: Bool {
    guard var metadata = recordedMetadata else { return false }
    metadata.version = rendered.metadata.version
    metadata.modelHash = rendered.metadata.modelHash
    metadata.warnings = rendered.metadata.warnings
    return difference?.maximum == 0 && metadata == rendered.metadata
  }

  /// Why the new image is not near enough to the recorded one; nil if it is.
  public var fault: String? {
    guard let recordedOn = golden.recordedOn else { return "never recorded" }
    guard let recorded else { return "\(golden.image) is missing" }
    guard let difference else {
      let size = PixelSize(width: recorded.width, height: recorded.height)
      return "\(rendered.metadata.size) instead of the recorded \(size)" + origin
    }
    guard recordedOn == instructionSet else {
      if difference.psnr >= golden.tolerance.minimumPSNR { return nil }
      return "at least \(golden.tolerance.minimumPSNR) dB are asked for on \(instructionSet), "
        + "recorded on \(recordedOn)" + origin
    }
    guard difference.maximum > golden.tolerance.maximumDifference else { return nil }
    let channel = ["red", "green", "blue"][difference.channel]
    return
      "at most \(golden.tolerance.maximumDifference) is allowed; worst in \(channel) at column "
      + "\(difference.column), row \(difference.row); mean \(rounded(difference.mean))" + origin
  }

  private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

  /// The commonest reasons for a difference, where one of them is there.
  private var origin: String {
    guard let recordedMetadata else { return "" }
    if recordedMetadata.modelHash != rendered.metadata.modelHash {
      return "; recorded with another model"
    }
    var metadata = recordedMetadata
    metadata.version = rendered.metadata.version
    return metadata == rendered.metadata ? "" : "; recorded from another request"
  }
}
