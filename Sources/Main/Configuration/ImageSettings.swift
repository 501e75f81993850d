import API
import Accounts

/// The settings about images whose URLs requests may ask for.
struct ImageSettings {
  private let folder: String
  private let location: ImageLocation
  private let lifetimeSeconds: Int

  /// Reads the settings; nil if none is set.
  init?(_ settings: Settings) throws(UsageError) {
    lifetimeSeconds = try settings.integer(.imageURLSeconds)
    let (folder, url) = (settings[.imageFolder], settings[.imageURL])
    guard !folder.text.isEmpty || !url.text.isEmpty else { return nil }
    guard !folder.text.isEmpty, !url.text.isEmpty else {
      let (set, missing) =
        folder.text.isEmpty
        ? (Setting.imageURL, Setting.imageFolder) : (.imageFolder, .imageURL)
      throw UsageError(
        "\(set.key) (\(settings[set].source)) needs \(missing.key), and that is not set")
    }
    guard let location = ImageLocation(url.text) else {
      throw settings.rejected(
        .imageURL,
        "a URL with a path that is none of the service's own, as https://images.example/made")
    }
    self.folder = folder.text
    self.location = location
  }

  /// Opens the folder.
  /// - Parameter store: The store whose nodes sign alike; without one, the URLs are those of this process
  ///   alone.
  func folder(of store: Store?) throws -> ImageFolder {
    let secret = store?.secret(for: "image URLs") ?? (0..<32).map { _ in UInt8.random(in: 0...255) }
    do {
      return try ImageFolder(
        folder, at: location, lifetimeSeconds: lifetimeSeconds, secret: secret)
    } catch {
      throw CommandFailure("the folder of images, \(folder), cannot be written")
    }
  }
}
