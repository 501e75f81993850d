import Foundation
import Imaging
import Rendering

/// What the command line asks for.
extension RenderCommand {
  /// The request, but for its seed.
  /// - Parameters:
  ///   - registry: The LoRAs that are known by name.
  ///   - recipe: Holds where no option is given.
  func request(registry: LoRARegistry, recipe: ImageRecipe?) throws -> RenderRequest {
    let limits = Self.limits
    let made = recipe?.metadata
    var request = RenderRequest(
      prompt: try invocation.operand.map { try PromptText.read($0) } ?? made?.prompt ?? "")
    request.size = try invocation.size(sides: limits.side) ?? made?.size
    request.stepCount =
      try invocation.integer(.steps, in: RequestParameter.stepCounts) ?? made?.stepCount
    request.guidanceScale =
      try invocation.number(.guidance, in: RequestParameter.guidanceScales) ?? made?.guidanceScale
    request.strength =
      try invocation.number(.strength, in: RequestParameter.strengths) ?? made?.strength
    request.loraStrength = try invocation.number(.loraStrength, in: RequestParameter.loraStrengths)
    if let text = invocation.value(.lora) {
      request.lora = selection(text, registry: registry)
    } else if let recipe {
      request.lora = try recipe.lora(registry: registry)
      request.loraStrength = request.loraStrength ?? made?.loraStrength
    }
    for image in try images(recipe: recipe) { request.add(image) }
    return request
  }

  /// A registered name comes first; what looks like a path, or is a file, is one.
  private func selection(_ text: String, registry: LoRARegistry) -> LoRASelection {
    guard !registry.offers(text) else { return .name(text) }
    let isFile =
      text.utf8.contains(UInt8(ascii: "/"))
      || text.utf8.suffix(12).elementsEqual(".safetensors".utf8)
      || FileManager.default.fileExists(atPath: text)
    return isFile ? .file(text) : .name(text)
  }

  private func images(recipe: ImageRecipe?) throws -> [ReferenceImage] {
    guard invocation.command == .edit else { return [] }
    let paths = invocation.values(.image)
    try recipe?.check(imageCount: paths.count)
    let counts = RequestParameter.referenceCounts
    guard counts.contains(paths.count) else {
      throw UsageError(
        "--image is given \(paths.count) times; `iris edit` needs it "
          + "\(RequestParameter.text(counts)) times")
    }
    return try paths.map { path in
      if InputFile.isStandardInput(path), Console.inputIsTerminal {
        throw UsageError("--image \(path) reads standard input, which is a terminal")
      }
      return try ImageFile.read(path) { bytes throws(ImagingError) in
        ReferenceImage(try ImageDecoder(bytes, limits: ReferenceImage.fileLimits).decode())
      }
    }
  }
}

/// Reads images that are named on the command line.
enum ImageFile {
  /// Reads a file.
  /// - Parameters:
  ///   - path: The file, or `-` for standard input.
  ///   - decode: Makes something of its bytes.
  static func read<Result>(
    _ path: String, _ decode: ([UInt8]) throws(ImagingError) -> Result
  ) throws -> Result {
    let bytes = try InputFile.read(path, limit: ImageLimits().byteCount)
    do {
      return try decode(bytes)
    } catch {
      throw CommandFailure("\(InputFile.name(of: path)): \(error)")
    }
  }
}
