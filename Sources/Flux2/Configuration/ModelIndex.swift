import JSON

/// The settings of a model as a whole, `model_index.json` (spec §1.1).
public struct ModelIndex: Sendable, Equatable {
  /// True if the model was distilled to a few steps without guidance; absent means false.
  public var isDistilled = false
  /// The text encoder's hidden states that make up the prompt embedding: 0 is the embedding table's
  /// output, `k` the output of the `k`-th layer.
  public var textEncoderOutputs = [9, 18, 27]
  /// Tokens of a prompt, padding included, `L`.
  public var promptLength = Self.defaultPromptLength
  /// The sizes that the model renders, `native_sizes`; empty when it renders all.
  public var resolutionBuckets: [ResolutionBucket] = []
  /// The noise level, 0…1, below which the model's low-noise adapter is applied; nil without such an
  /// adapter.
  ///
  /// The key is that of Wan 2.2 in diffusers, whose second expert is a whole transformer.
  public var boundaryRatio: Float?
  /// How far guidance may move a token, `guidance_limit`, as a share of the token's length; nil for as far as it
  /// goes, as in diffusers.
  public var guidanceLimit: Float?
  /// Every key of the file.
  public var keys: [String] = []

  /// The prompt length of klein, which a model has unless it says otherwise (spec §3).
  public static let defaultPromptLength = 512
  /// The keys that this program reads; other programs have more.
  public static let knownKeys = [
    "is_distilled", "text_encoder_out_layers", "max_sequence_length", "native_sizes",
    "boundary_ratio", "guidance_limit",
  ]
}

extension ModelIndex {
  /// Reads and checks a file.
  package init(file: String) throws(Flux2Error) {
    try self.init(ConfigurationReader(file: file))
  }

  init(_ json: ConfigurationReader) throws(Flux2Error) {
    keys = json.values.members.map { "\($0.name)" }.sorted()
    isDistilled = try json.flag("is_distilled", default: false)
    textEncoderOutputs = try json.integers(
      "text_encoder_out_layers", count: 1...16, each: 0...512, default: textEncoderOutputs)
    promptLength = try json.integer("max_sequence_length", in: 1...4096, default: promptLength)
    resolutionBuckets = try json.pairs("native_sizes", count: 0...64, each: ResolutionBucket.sides)
      .map { ResolutionBucket(width: $0, height: $1) }
    if json.has("boundary_ratio") {
      boundaryRatio = Float(try json.number("boundary_ratio", in: 0...1))
    }
    if json.has("guidance_limit") {
      guidanceLimit = Float(try json.number("guidance_limit", in: 0.001...100))
    }
  }
}

/// A size in pixels that a model was trained at.
///
/// Models trained at many sizes have none. A small one that was trained at a few renders at the best of
/// them, and the image is cropped and scaled to the size asked for, as with the aspect buckets of SDXL
/// (Podell et al., arXiv:2307.01952, §2.3).
public struct ResolutionBucket: Sendable, Equatable {
  /// The allowed width and height of a rendered image, in pixels, from one token of klein.
  static let sides = 16...2048

  /// Pixels across.
  public let width: Int
  /// Pixels down.
  public let height: Int

  /// Describes a size.
  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// Buckets that keep at least this share of the pixels that the best one keeps count as equally good.
  private static let tolerance = 0.95

  /// Returns the bucket to render at: of those that lose least to cropping, the smallest that need not be
  /// enlarged, or else the largest; nil without buckets.
  package static func best(of buckets: [ResolutionBucket], width: Int, height: Int)
    -> ResolutionBucket?
  {
    let fitting = fitting(buckets, width: width, height: height)
    let large = fitting.filter { $0.scale(covering: width, height) <= 1 }
    return large.min { $0.area < $1.area } ?? fitting.max { $0.area < $1.area }
  }

  /// Returns the bucket to encode a reference at: of those that lose least to cropping, the one that has
  /// nearest to `area` pixels; nil without buckets.
  package static func best(
    of buckets: [ResolutionBucket], width: Int, height: Int, near area: Int
  ) -> ResolutionBucket? {
    fitting(buckets, width: width, height: height).min {
      abs($0.area - area) < abs($1.area - area)
    }
  }

  private static func fitting(_ buckets: [ResolutionBucket], width: Int, height: Int)
    -> [ResolutionBucket]
  {
    let shares = buckets.map { $0.share(left: width, height) }
    let most = shares.max() ?? 0
    return zip(buckets, shares).filter { $0.1 >= tolerance * most }.map { $0.0 }
  }

  /// Pixels in all.
  var area: Int { width * height }

  /// Returns the factor by which this size is scaled to cover another.
  func scale(covering newWidth: Int, _ newHeight: Int) -> Double {
    max(Double(newWidth) / Double(width), Double(newHeight) / Double(height))
  }

  /// Returns the share of the pixels that are left when this size is scaled to cover another and cropped to
  /// it.
  private func share(left newWidth: Int, _ newHeight: Int) -> Double {
    let scale = scale(covering: newWidth, newHeight)
    return Double(newWidth) * Double(newHeight) / (scale * scale * Double(area))
  }
}
