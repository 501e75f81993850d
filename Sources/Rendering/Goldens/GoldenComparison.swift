public import Imaging

/// A golden that was rendered anew, beside what was recorded of it.
public struct GoldenComparison: Sendable {
  /// How near a new render came.
  public enum Verdict: Sendable, Equatable {
    /// Its pixels have a hash that is approved for the instruction set.
    case exact
    /// Its hash is not approved, but the bounds hold.
    case withinTolerance
    /// It is not near enough.
    case failed(reason: String)
  }

  /// What recording has to do.
  public enum Recording: Sendable {
    /// The image and its hash are recorded.
    case nothing
    /// The hash is approved; the recorded image stays.
    case approval
    /// The image is replaced, and its hash alone stays approved.
    case image
  }

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

  /// How near the new image is to what was recorded.
  ///
  /// An approved hash proves the render, not the recorded image: the bounds must hold for it too.
  public var verdict: Verdict {
    if let fault { return .failed(reason: fault) }
    return isApproved ? .exact : .withinTolerance
  }

  private var isApproved: Bool { golden.pixelHashes[instructionSet].contains(pixelHash) }
}

extension GoldenComparison {
  /// What recording has to do.
  ///
  /// An image within the tolerance stays when the same request made it, so that another instruction set or
  /// compiler is approved without a new file. A new version or another model that draws the same, or
  /// another warning, is no reason to write a file either.
  public var recording: Recording {
    guard isSameRequest, let difference, difference.maximum == 0 || fault == nil else {
      return .image
    }
    return golden.recordedOn != nil && isApproved ? .nothing : .approval
  }

  private var isSameRequest: Bool {
    guard var metadata = recordedMetadata else { return false }
    metadata.version = rendered.metadata.version
    metadata.modelHash = rendered.metadata.modelHash
    metadata.warnings = rendered.metadata.warnings
    return metadata == rendered.metadata
  }
}

extension GoldenComparison {
  /// Why the new image is not near enough to the recorded one; nil if it is.
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
