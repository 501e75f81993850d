import Text

/// Reads a prompt from where the command line says: itself, a file, or standard input.
enum PromptText {
  private static let sign = UInt8(ascii: "@")
  /// Far more than any prompt may have; bounds what is read of a file that is none.
  private static let byteLimit = 1 << 20

  /// The prompt that an operand stands for: `-` and `@-` for standard input, `@FILE` for a file, `@@…`
  /// for a prompt that begins with @.
  static func read(_ operand: String) throws -> String {
    guard let path = path(operand) else {
      let bytes = operand.utf8
      return bytes.starts(with: [sign, sign])
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

  /// Whether an operand stands for standard input.
  static func readsStandardInput(_ operand: String) -> Bool {
    path(operand).map { InputFile.isStandardInput($0) } ?? false
  }

  /// The file that an operand names; nil where it is the prompt itself.
  private static func path(_ operand: String) -> String? {
    let bytes = operand.utf8
    if operand == InputFile.standardInput { return operand }
    guard bytes.first == sign, bytes.dropFirst().first != sign else { return nil }
    return String(decoding: bytes.dropFirst(), as: UTF8.self)
  }

  /// The text without the byte order mark and the line break that editors put around it.
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
