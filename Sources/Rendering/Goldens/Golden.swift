/// A render that must stay what it is: what is asked for, and how near a new render must come.
public struct Golden: Sendable {
  /// How far a render may be from the recorded image.
  public struct Tolerance: Sendable, Equatable {
    /// The largest difference of any channel, of 255, on the instruction set of the recording.
    ///
    /// A render there is the same to the byte; the rest is for other versions of the compiler and of the
    /// libraries that read the references.
    public var maximumDifference = 2
    /// The peak signal-to-noise ratio in dB on every other instruction set.
    public var minimumPSNR = 45.0
    /// The largest share of pixels that may differ at all, 0 to 1.
    ///
    /// Between AVX-512, AVX2 and the portable kernels at most 0.05 % of a golden's pixels differ; a change
    /// that moves every pixel by 1 of 255 would pass both other bounds.
    public var maximumChangedShare = 0.01

    /// The usual tolerance.
    public init() {}
  }

  /// What commands call it and its image's name without suffix: 1 to 64 small letters, digits and -.
  public let id: String
  /// What is rendered, without the references, which are files.
  public var request: RenderRequest
  /// The files of the references, relative to the goldens' folder, in order; none for a generation.
  public var images: [String]
  /// How near a new render must come.
  public var tolerance: Tolerance
  /// The instruction set whose kernels drew the recorded image; nil if none was recorded yet.
  public var recordedOn: String?
  /// The hashes of renders that pass as exact.
  public var pixelHashes = PixelHashes()

  /// Describes a golden that was not recorded yet.
  public init(
    id: String, request: RenderRequest, images: [String] = [], tolerance: Tolerance = Tolerance()
  ) {
    self.id = id
    self.request = request
    self.images = images
    self.tolerance = tolerance
  }

  /// The recorded image, relative to the goldens' folder.
  public var image: String { "images/\(id).png" }
}
