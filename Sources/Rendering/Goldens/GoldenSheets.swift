import FoundationEssentials
import Imaging

/// Writes images that show a golden's recording, its new render and their difference.
public struct GoldenSheets: Sendable {
  /// The folder, created when the first image is written.
  public let path: String

  /// Creates a writer to the given folder, or to a new one in the system's temporary folder.
  public init(path: String?) {
    self.path =
      path
      ?? FileManager.default.temporaryDirectory.appending(path: "iris-goldens-\(UUID())").path
  }

  /// Writes the recorded image, the new one and a map of their differences side by side.
  ///
  /// In the map, the largest difference is 255. Without a recorded image only the new one is shown.
  /// - Returns: The file's path.
  public func write(_ comparison: GoldenComparison) throws -> String {
    let image = ComparisonImage.panels(
      before: comparison.recorded, after: comparison.rendered.raster)
    let file = path + "/\(comparison.golden.id).png"
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try Data(try PNGEncoder.encode(image)).write(to: URL(filePath: file), options: .atomic)
    } catch {
      throw Golden.invalid(comparison.golden.id, "\(file) cannot be written")
    }
    return file
  }
}
