public import Imaging
import Tensors

/// A new render of a golden, compared with its recording.
public struct GoldenComparison: Sendable {
  /// The outcome of the comparison.
  public enum Verdict: Sendable, Equatable {
    /// The hash of the pixels is approved for the instruction set.
    case exact
    /// The hash is not approved, but the image is within the tolerance.
    case withinTolerance
    /// The image is not within the tolerance.
    case failed(reason: String)
  }

  /// The changes that recording makes.
  public enum Recording: Sendable {
    /// None; the image and its hash are recorded already.
    case nothing
    /// The hash is approved; the recorded image is kept.
    case approval
    /// The image is replaced, and its hash becomes the only approved one.
    case image
  }

  /// The golden that was rendered.
  public let golden: Golden
  /// The new image.
  public let rendered: RenderedImage
  /// The recorded image; nil if there is none.
  public let recorded: Raster?
  /// The metadata of the recorded image; nil if it has none.
  public let recordedMetadata: RenderMetadata?
  /// The instruction set that rendered the new image.
  public let instructionSet: String
  /// The difference from the recorded image; nil if there is none of the same size.
  public let difference: ImageDifference?
  /// The hash of the new image's pixels.
  let pixelHash: String

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
    pixelHash = PixelHashes.hash(of: rendered.raster)
  }

  /// The outcome of the comparison.
  ///
  /// An approved hash identifies the render but not the recorded image, so the tolerance must hold,
  /// too.
  public var verdict: Verdict {
    if let fault { return .failed(reason: fault) }
    return isApproved ? .exact : .withinTolerance
  }

  private var isApproved: Bool { golden.pixelHashes[instructionSet].contains(pixelHash) }
}

extension GoldenComparison {
  /// The changes that recording makes.
  ///
  /// An image within the tolerance is kept if the same request made it, so that another instruction
  /// set or compiler is approved without a new file. A new version, another model that draws the
  /// same image, or another warning does not require a new file either.
  public var recording: Recording {
    guard isSameRequest, let difference, difference.maximum == 0 || fault == nil else {
      return .image
    }
    return golden.recordedOn != nil && isApproved ? .nothing : .approval
  }

  private var isSameRequest: Bool {
    guard var metadata = comparableMetadata else { return false }
    metadata.modelHash = rendered.metadata.modelHash
    metadata.warnings = rendered.metadata.warnings
    return metadata == rendered.metadata
  }
}

extension GoldenComparison {
  /// The recorded metadata, of which the version does not matter; earlier ones did not write the precision.
  private var comparableMetadata: RenderMetadata? {
    guard var metadata = recordedMetadata else { return nil }
    metadata.version = rendered.metadata.version
    metadata.precision = metadata.precision ?? .float32
    return metadata
  }

  /// The reason why the new image is not within the tolerance; nil if it is.
  private var fault: String? {
    guard let recordedOn = golden.recordedOn else { return "never recorded" }
    guard let recorded else { return "\(golden.image) is missing" }
    guard let difference else {
      let size = PixelSize(width: recorded.width, height: recorded.height)
      return "\(rendered.metadata.size) instead of the recorded \(size)" + origin
    }
    let problem =
      recordedOn == instructionSet
      ? problemHere(difference) : problemElsewhere(difference, recordedOn: recordedOn)
    return (problem ?? shareProblem(difference)).map { $0 + origin }
  }

  private func problemHere(_ difference: ImageDifference) -> String? {
    guard difference.maximum > golden.tolerance.maximumDifference else { return nil }
    let channel = ["red", "green", "blue"][difference.channel]
    return
      "at most \(golden.tolerance.maximumDifference) is allowed; worst in \(channel) at column "
      + "\(difference.column), row \(difference.row); mean \(rounded(difference.mean))"
  }

  private func problemElsewhere(_ difference: ImageDifference, recordedOn: String) -> String? {
    guard difference.psnr < golden.tolerance.minimumPSNR else { return nil }
    return "at least \(golden.tolerance.minimumPSNR) dB are asked for on \(instructionSet), "
      + "recorded on \(recordedOn)"
  }

  private func shareProblem(_ difference: ImageDifference) -> String? {
    guard difference.changedShare > golden.tolerance.maximumChangedShare else { return nil }
    return
      "at most \(rounded(golden.tolerance.maximumChangedShare * 100)) % of the pixels may differ, "
      + "\(rounded(difference.changedShare * 100)) % do"
  }

  private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

  /// The most common causes of a difference, if one of them applies.
  private var origin: String {
    guard let metadata = comparableMetadata else { return "" }
    if metadata.modelHash != rendered.metadata.modelHash {
      return "; recorded with another model"
    }
    return metadata == rendered.metadata ? "" : "; recorded from another request"
  }
}
