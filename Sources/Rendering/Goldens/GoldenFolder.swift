import Files
import FoundationEssentials
import Imaging
import Tensors

/// The folder of the goldens: `manifest.json`, the recorded images in `images/`, and references.
public struct GoldenFolder: Sendable {
  /// Maximum size of a manifest in bytes; bounds the reading of a wrong file.
  private static let manifestByteLimit = 1 << 20

  /// The path of the folder.
  public let path: String
  /// The content of `manifest.json`.
  public private(set) var manifest: GoldenManifest

  /// Reads the manifest and checks that the references exist.
  public init(path: String) throws(RenderError) {
    self.path = path
    let json: [UInt8]
    do {
      json = try BoundedFile.bytes(
        of: path + "/manifest.json", limit: Self.manifestByteLimit, expecting: .json)
    } catch {
      throw GoldenManifest.invalid("\(path)/manifest.json \(error)")
    }
    manifest = try GoldenManifest(json: json)
    for golden in manifest.goldens {
      for image in golden.images { try check(image, of: golden) }
    }
  }

  private func check(_ image: String, of golden: Golden) throws(RenderError) {
    let root = URL(filePath: path).resolvingSymlinksInPath().path
    let file = URL(filePath: path + "/" + image).resolvingSymlinksInPath().path
    guard FileManager.default.fileExists(atPath: file) else {
      throw Golden.invalid(golden.id, "there is no \(path)/\(image)")
    }
    guard file.hasPrefix(root.hasSuffix("/") ? root : root + "/") else {
      throw Golden.invalid(golden.id, "`\(image)` leads out of the goldens' folder")
    }
  }
}

extension GoldenFolder {
  /// Returns a golden's request, validated and completed as any other request is.
  /// - Parameters:
  ///   - golden: A golden of this folder.
  ///   - registry: The LoRAs that it may name.
  ///   - defaults: The defaults for values that it does not give.
  public func plan(
    for golden: Golden, registry: LoRARegistry, defaults: RenderDefaults
  ) throws(RenderError) -> RenderPlan {
    var request = golden.request
    for image in golden.images { request.references.append(try load(image, of: golden).raster) }
    do {
      return try request.validated(
        under: .commandLine, registry: registry, defaults: defaults)
    } catch {
      throw Golden.invalid(golden.id, error.message)
    }
  }

  /// Renders a golden and compares the image with the recorded one.
  public func compare(
    _ golden: Golden, registry: LoRARegistry, renderer: Renderer
  ) throws -> GoldenComparison {
    let plan = try plan(for: golden, registry: registry, defaults: renderer.defaults)
    let rendered = try renderer.render(renderer.prepare(plan))
    var recorded: (raster: Raster, bytes: [UInt8])?
    if FileManager.default.fileExists(atPath: path + "/" + golden.image) {
      recorded = try load(golden.image, of: golden)
    }
    let texts = recorded.flatMap { try? ImageTextReader.read($0.bytes) } ?? []
    return GoldenComparison(
      golden, rendered: rendered, recorded: recorded?.raster,
      recordedMetadata: RenderMetadata(texts: texts), instructionSet: Device.instructionSet)
  }

  private func load(
    _ file: String, of golden: Golden
  ) throws(RenderError) -> (raster: Raster, bytes: [UInt8]) {
    do {
      let bytes = try BoundedFile.bytes(of: path + "/" + file, limit: ImageLimits().byteCount)
      return (try ImageDecoder.decode(bytes), bytes)
    } catch {
      throw Golden.invalid(golden.id, "\(path)/\(file): \(error)")
    }
  }
}

extension GoldenFolder {
  /// Records the new image, or approves its hash if the recorded image is within the tolerance.
  ///
  /// Files are replaced atomically, the image first: an image without its entry in the manifest is
  /// recorded again, while an entry without its image would be wrong.
  public mutating func record(_ comparison: GoldenComparison) throws(RenderError) {
    let id = comparison.golden.id
    guard let index = manifest.goldens.firstIndex(where: { $0.id == id }) else {
      throw Golden.invalid(id, "it is not in \(path)/manifest.json")
    }
    var golden = manifest.goldens[index]
    do {
      if case .image = comparison.recording {
        try FileManager.default.createDirectory(
          atPath: path + "/images", withIntermediateDirectories: true)
        try write(comparison.rendered.file, to: comparison.golden.image)
        golden.recordedOn = comparison.instructionSet
        golden.pixelHashes = PixelHashes()
      }
      golden.recordedOn = golden.recordedOn ?? comparison.instructionSet
      golden.pixelHashes.approve(comparison.pixelHash, on: comparison.instructionSet)
      manifest.goldens[index] = golden
      let text = Array(manifest.json().utf8)
      let written = try? BoundedFile.bytes(
        of: path + "/manifest.json", limit: Self.manifestByteLimit)
      if text != written { try write(text, to: "manifest.json") }
    } catch {
      throw Golden.invalid(id, "it cannot be written to \(path)")
    }
  }

  private func write(_ bytes: [UInt8], to file: String) throws {
    // Replace the target of a link, not the link.
    let url = URL(filePath: path + "/" + file).resolvingSymlinksInPath()
    try Data(bytes).write(to: url, options: .atomic)
  }
}
