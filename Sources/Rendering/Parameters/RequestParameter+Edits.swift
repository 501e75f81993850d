/// The parameters of edits.
extension RequestParameter {
  /// The image to edit.
  public static let image = {
    var entry = RequestParameter(
      "image", .image, in: .edit, "The one image to change; instead of `images`.")
    // A PNG file of one pixel.
    entry.example =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC"
    return entry
  }()

  /// The images that the prompt refers to.
  public static let images = {
    var entry = RequestParameter(
      "images", .images(referenceCounts), in: [.edit, .editCommand, .golden],
      "\(text(referenceCounts)) images that the prompt refers to; instead of `image`.")
    entry.option = CommandLineOption(
      name: "image", letter: UInt8(ascii: "i"), placeholder: "FILE",
      summary: "the image to edit, or one to refer to, up to \(referenceCounts.upperBound) times; "
        + "- is standard input",
      isRepeatable: true)
    return entry
  }()

  /// The strength of an edit of a single image.
  public static let strength = {
    var entry = RequestParameter(
      "strength", .number(strengths), in: [.edit, .editCommand, .golden],
      default: .number(defaultStrength),
      "How far the edit of a single image goes from it; no effect with several.")
    entry.option = CommandLineOption(
      name: "strength", placeholder: "S",
      summary:
        "how far to go from a single image, \(text(strengths)) (default \(defaultStrength))")
    return entry
  }()

  /// How an edit of a single image begins.
  public static let editMode = {
    let words = EditMode.allCases.map(\.rawValue)
    var entry = RequestParameter(
      "edit_mode", .choice(words), in: [.edit, .editCommand],
      description: { limits, _ in
        "How an edit of a single image begins: from it with noise, or from noise alone; absent, "
          + "`\(limits.editMode.rawValue)`, and with a strength `\(EditMode.strength.rawValue)`."
      })
    entry.option = CommandLineOption(
      name: "edit-mode", placeholder: words.joined(separator: "|"),
      summary: "begin with a single image under noise, or with noise alone "
        + "(default \(RenderLimits.commandLine.editMode.rawValue))")
    return entry
  }()

  /// The parts of the first image that are repainted.
  public static let mask = {
    var entry = RequestParameter(
      "mask", .mask, in: [.http, .editCommand],
      description: { limits, isEdit in
        limits.allowsMask && isEdit
          ? "An image of the first one's size: what is transparent in it is repainted, or without "
            + "transparency what is white."
          : "Not supported; may be empty."
      })
    entry.role = .refused
    entry.hint = "masks are not supported"
    entry.isWidened = { limits, isEdit in limits.allowsMask && isEdit }
    entry.option = CommandLineOption(
      name: "mask", placeholder: "FILE",
      summary: "repaint only where this image, as large as the first, is transparent, or else white"
    )
    return entry
  }()
}
