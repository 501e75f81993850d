import Imaging

/// The number of images, and the file of each.
extension RequestParameter {
  /// The number of images.
  public static let imageCount = {
    let counts = RenderLimits.commandLine.imageCounts
    var entry = RequestParameter(
      "n", .imageCount, in: [.http, .commands],
      defaults: { _ in .integer(counts.lowerBound) },
      description: { limits, _ in
        limits.imageCounts.upperBound == 1
          ? "Images; always one."
          : "Images, \(text(limits.imageCounts)): of the seed and those after it."
      })
    entry.option = CommandLineOption(
      name: "count", letter: UInt8(ascii: "n"), placeholder: "N",
      summary:
        "images to make, \(text(counts)): with this seed and the ones after it (default \(counts.lowerBound))"
    )
    return entry
  }()

  /// The format of the image file.
  public static let outputFormat = {
    var entry = RequestParameter(
      "output_format", .outputFormat, in: .http,
      defaults: { _ in .text(OutputFormat.png.rawValue) },
      description: { limits, _ in
        limits.outputFormats == [.png] ? "Always PNG." : "The format of the image file."
      })
    entry.hint = "; other formats are not supported"
    return entry
  }()

  /// The quality of a JPEG or WebP.
  public static let outputCompression = {
    let best = ImageEncoding.defaultQuality
    var entry = RequestParameter(
      "output_compression", .integer(ImageEncoding.qualities), in: [.http, .commands],
      defaults: { _ in .integer(best) },
      description: { limits, _ in
        limits.writesLossyFormats
          ? "The quality of a JPEG or WebP." : "Accepted, without effect but a warning."
      })
    entry.role = .ignored(idleWords: ["\(best)"])
    entry.isWidened = { limits, _ in limits.writesLossyFormats }
    entry.option = CommandLineOption(
      name: "quality", placeholder: "N",
      summary: "quality of a .jpg or .webp, \(text(ImageEncoding.qualities)) (default \(best))")
    return entry
  }()
}
