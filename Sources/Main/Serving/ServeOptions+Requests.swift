import API
import Rendering
import Text

/// What requests may ask for.
extension ServeOptions {
  /// The other names of the model.
  static func modelAliases(_ settings: Settings) throws(UsageError) -> [String] {
    let served = try settings.text(.modelID)
    var aliases: [String] = []
    for item in settings.list(.modelAliases) {
      let (alias, target) = ByteString(item).split(atFirst: "=") ?? (ByteString(item), nil)
      guard let alias = alias.trimmed.string(limit: ByteString.nameLimit), !alias.isEmpty,
        target?.trimmed.equals(served) ?? true
      else {
        throw settings.rejected(
          .modelAliases,
          "a list of names of at most \(ByteString.nameLimit) bytes, each alone or as NAME=\(served), "
            + "which is the model that is served")
      }
      if !([served] + aliases).contains(where: ByteString(alias).equals) { aliases.append(alias) }
    }
    return aliases
  }

  /// The sizes that may be asked for.
  static func renderLimits(
    _ limits: RenderLimits, _ settings: Settings
  ) throws(UsageError) -> RenderLimits {
    var limits = limits
    limits.side = limits.side.lowerBound...(try side(.maxSize, settings))
    limits.editSide = limits.editSide.lowerBound...(try side(.maxEditSize, settings))
    limits.ownEditSide = limits.editSide.upperBound
    limits.oversize = try settings.choice(.oversize, of: RenderLimits.Oversize.self)
    return limits
  }

  private static func side(_ setting: Setting, _ settings: Settings) throws(UsageError) -> Int {
    let text = settings[setting].text
    let sides = RenderLimits.commandLine.side
    let size =
      PixelSize(text) ?? ByteString(text).decimal.map { PixelSize(width: $0, height: $0) }
    guard let size, size.width == size.height, sides.contains(size.width) else {
      throw settings.rejected(
        setting,
        "a square, \(sides.lowerBound)x\(sides.lowerBound) to \(sides.upperBound)x\(sides.upperBound), "
          + "or the number of its side alone")
    }
    return size.width
  }

  /// Whether the largest images that may be asked for fit into `memory`.
  ///
  /// - Parameter need: Bytes that a render of a size takes, with images of some sizes.
  /// - Returns: What to say of sizes that nobody set.
  /// - Throws: What is wrong with sizes that somebody set.
  func checkSizes(
    _ settings: Settings, need: (_ size: PixelSize, _ images: [PixelSize]) -> Int
  ) throws(UsageError) -> [RenderWarning] {
    var warnings: [RenderWarning] = []
    for (setting, sides) in [
      (Setting.maxSize, service.limits.side), (.maxEditSize, service.limits.editSide),
    ] {
      let size = PixelSize(width: sides.upperBound, height: sides.upperBound)
      let images = setting == .maxEditSize ? [size] : []
      // The image to edit is kept beside the render: red, green and blue.
      let needed = need(size, images) + images.count * size.width * size.height * 3
      guard needed > service.memoryBytes else { continue }
      let problem =
        "an image of \(size) would take \(needed >> 20) MB of memory, and memory allows "
        + "\(service.memoryBytes >> 20)"
      guard settings[setting].source == .standard else {
        throw UsageError(
          "\(setting.key) is \(settings[setting].text) (\(settings[setting].source)), but \(problem)"
        )
      }
      warnings.append(
        RenderWarning(.sizeBeyondMemory, "\(setting.key): \(problem), so that it is refused"))
    }
    return warnings
  }
}
