/// A render whose result must not change: its request and the tolerance for new renders.
public struct Golden: Sendable {
  /// The allowed difference between a new render and the recorded image.
  public struct Tolerance: Sendable, Equatable {
    /// The largest difference of any channel, 0 to 255, on the instruction set of the recording.
    ///
    /// There a new render is byte-identical; the tolerance is for other versions of the compiler
    /// and of the libraries that read the references.
    public var maximumDifference = 2
    /// The minimum peak signal-to-noise ratio in dB on every other instruction set.
    public var minimumPSNR = 45.0
    /// The largest share of pixels that may differ, 0 to 1.
    ///
    /// Between AVX-512, AVX2 and the portable kernels at most 0.05 % of a golden's pixels differ. A
    /// change that moves every pixel by 1 of 255 would pass the other two bounds.
    public var maximumChangedShare = 0.01

    /// Creates the default tolerance.
    public init() {}
  }

  /// The name in commands, and of the image file without suffix: 1 to 64 lower-case letters, digits
  /// and -.
  public let id: String
  /// The request, without the references, which are files.
  public var request: RenderRequest
  /// The files of the references, relative to the goldens' folder, in order; empty for a
  /// generation.
  public var images: [String]
  /// The tolerance for a new render.
  public var tolerance: Tolerance
  /// The instruction set that rendered the recorded image; nil if none is recorded.
  public var recordedOn: String?
  /// The hashes of renders that count as exact.
  public var pixelHashes = PixelHashes()

  /// Creates a golden without a recording.
  public init(
    id: String, request: RenderRequest, images: [String] = [], tolerance: Tolerance = Tolerance()
  ) {
    self.id = id
    self.request = request
    self.images = images
    self.tolerance = tolerance
  }

  /// The path of the recorded image, relative to the goldens' folder.
  public var image: String { "images/\(id).png" }
}
