import Foundation
import Imaging
import Rendering
import Text

/// Reads the request of `iris generate` and `iris edit` from the command line.
struct RenderArguments {
  static let limits = RenderLimits.commandLine
  private static let counts = limits.imageCounts

  private let invocation: Invocation

  init(_ invocation: Invocation) { self.invocation = invocation }

  /// Throws if more than one argument reads standard input.
  func checkStandardInput() throws(UsageError) {
    var uses = invocation.values(.image).filter { InputFile.isStandardInput($0) }.map { _ in
      "--image"
    }
    if let mask = invocation.value(.mask), InputFile.isStandardInput(mask) { uses.append("--mask") }
    if let from = invocation.value(.from), InputFile.isStandardInput(from) { uses.append("--from") }
    if let operand = invocation.operand, PromptArgument.readsStandardInput(operand) {
      uses.append("the prompt")
    }
    guard uses.count < 2 else {
      throw UsageError(
        "standard input can be one thing only, not \(uses.joined(separator: " and "))")
    }
  }

  /// Reads the request, without its seed.
  /// - Parameters:
  ///   - registry: The LoRAs that are known by name.
  ///   - recorded: Replaces the defaults of absent options.
  func request(registry: LoRARegistry, recorded: RecordedParameters?) throws -> RenderRequest {
    let metadata = recorded?.metadata
    var request = RenderRequest(
      prompt: try invocation.operand.map { try PromptArgument.read($0) } ?? metadata?.prompt ?? "")
    request.size = try invocation.size(sides: Self.limits.side) ?? metadata?.size
    request.stepCount =
      try invocation.integer(.steps, in: RequestParameter.stepCounts) ?? metadata?.stepCount
    request.guidanceScale =
      try invocation.number(.guidance, in: RequestParameter.guidanceScales)
      ?? metadata?.guidanceScale
    request.negativePrompt = invocation.value(.negativePrompt) ?? metadata?.negativePrompt
    request.editMode = try invocation.choice(.editMode, of: EditMode.self)
    request.strength =
      try invocation.number(.strength, in: RequestParameter.strengths)
      ?? (request.editMode == .reference ? nil : metadata?.strength)
    request.outputQuality = try invocation.integer(.quality, in: ImageEncoding.qualities)
    try LoRAArguments(invocation, registry: registry).add(to: &request, recorded: recorded)
    for image in try images(recorded: recorded) { request.add(image) }
    request.mask = try mask(recorded: recorded)
    return request
  }

  private func mask(recorded: RecordedParameters?) throws -> MaskImage? {
    guard let path = invocation.value(.mask) else {
      try recorded?.checkAbsentMask()
      return nil
    }
    return try read(path, for: .mask) { bytes throws(ImagingError) in
      MaskImage(try ImageDecoder(bytes, limits: ReferenceImage.fileLimits).decodeMask())
    }
  }

  private func read<Image>(
    _ path: String, for option: Option, _ decode: ([UInt8]) throws(ImagingError) -> Image
  ) throws -> Image {
    if InputFile.isStandardInput(path), Console.inputIsTerminal {
      throw UsageError("\(option.spelling) \(path) reads standard input, which is a terminal")
    }
    return try InputFile.readImage(path, decode)
  }

  private func images(recorded: RecordedParameters?) throws -> [ReferenceImage] {
    guard invocation.command == .edit else { return [] }
    let paths = invocation.values(.image)
    try recorded?.check(imageCount: paths.count)
    let counts = RequestParameter.referenceCounts
    guard counts.contains(paths.count) else {
      throw UsageError(
        "--image is given \(paths.count) times; `iris edit` needs it "
          + "\(RequestParameter.text(counts)) times")
    }
    return try paths.map { path in
      try read(path, for: .image) { bytes throws(ImagingError) in
        ReferenceImage(try ImageDecoder(bytes, limits: ReferenceImage.fileLimits).decode())
      }
    }
  }
}

/// The seeds.
extension RenderArguments {
  /// The seed of each image, in order.
  ///
  /// Several `--seed` make an image each; `--count` continues from one. Random seeds have 32 bits, since
  /// the noise uses no more.
  /// - Parameter recorded: The seed of the image that `--from` names.
  func seeds(recorded: UInt64?) throws(UsageError) -> [UInt64] {
    let range = RequestParameter.seeds
    let count = try invocation.integer(.count, in: Self.counts)
    var given: [UInt64?] = []
    for text in invocation.values(.seed) { given.append(try invocation.seed(text, in: range)) }
    guard given.count > 1 else {
      return try sequence(
        from: given.isEmpty ? recorded : given[0], count: count ?? 1, in: range)
    }
    guard count == nil else { throw UsageError("--count and several --seed exclude each other") }
    return try distinct(given)
  }

  private func distinct(_ given: [UInt64?]) throws(UsageError) -> [UInt64] {
    var seeds: [UInt64] = []
    for seed in given {
      let seed = seed ?? Self.random(count: 1)
      guard !seeds.contains(seed) else {
        throw UsageError("--seed \(seed) is given twice; both images would be the same")
      }
      seeds.append(seed)
    }
    guard seeds.count <= Self.counts.upperBound else {
      throw UsageError(
        "--seed is given \(seeds.count) times; at most \(Self.counts.upperBound) are allowed")
    }
    return seeds
  }

  private func sequence(
    from first: UInt64?, count: Int, in range: ClosedRange<UInt64>
  ) throws(UsageError) -> [UInt64] {
    let first = first ?? Self.random(count: count)
    let more = UInt64(count - 1)
    guard first <= range.upperBound, range.upperBound - first >= more else {
      throw UsageError(
        "--count \(count) from the seed \(first) goes beyond the last seed, \(range.upperBound)")
    }
    return Array(first...(first + more))
  }

  /// A random seed that `count - 1` more can follow within 32 bits.
  private static func random(count: Int) -> UInt64 {
    UInt64(UInt32.random(in: 0...(.max - UInt32(count))))
  }
}

/// Reads the prompt operand: the text itself, a file, or standard input.
private enum PromptArgument {
  private static let marker = UInt8(ascii: "@")
  /// Far more than any prompt may have; bounds the reading of other files.
  private static let byteLimit = 1 << 20

  /// Returns the prompt of an operand: `-` and `@-` are standard input, `@FILE` is a file, `@@…` is a
  /// prompt that begins with @.
  static func read(_ operand: String) throws -> String {
    guard let path = path(operand) else {
      let bytes = operand.utf8
      return bytes.starts(with: [marker, marker])
        ? String(decoding: bytes.dropFirst(), as: UTF8.self) : operand
    }
    guard !path.isEmpty else {
      throw UsageError("the prompt @ names no file; a prompt that begins with @ is written @@")
    }
    let bytes: [UInt8]
    do {
      bytes = try InputFile.read(path, limit: byteLimit)
    } catch let failure as CommandFailure {
      throw CommandFailure(
        "the prompt cannot be read: \(failure)"
          + (operand == InputFile.standardInput
            ? "" : "; a prompt that begins with @ is written @@"))
    }
    return try text(bytes, of: InputFile.name(of: path))
  }

  /// Returns whether an operand stands for standard input.
  static func readsStandardInput(_ operand: String) -> Bool {
    path(operand).map { InputFile.isStandardInput($0) } ?? false
  }

  /// The file that an operand names; nil if it is the prompt itself.
  private static func path(_ operand: String) -> String? {
    let bytes = operand.utf8
    if operand == InputFile.standardInput { return operand }
    guard bytes.first == marker, bytes.dropFirst().first != marker else { return nil }
    return String(decoding: bytes.dropFirst(), as: UTF8.self)
  }

  /// The text without the byte order mark and the final line break that editors add.
  private static func text(_ bytes: [UInt8], of name: String) throws(CommandFailure) -> String {
    var rest = bytes.dropFirst(ByteOrderMark.length(in: bytes))
    if rest.last == UInt8(ascii: "\n") {
      rest.removeLast()
      if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
    }
    guard let text = String(validating: rest, as: UTF8.self) else {
      throw CommandFailure("the prompt cannot be read: \(name) is not text in UTF-8")
    }
    return text
  }
}
