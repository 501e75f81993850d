import Rendering
import Tensors
import Text

/// A command line taken apart: the command, its operand and its options, not yet understood as values.
package struct Invocation: Sendable {
  /// The command.
  package let command: Command
  /// The arguments besides options.
  package private(set) var operands: [String] = []
  private var values: [Option: [String]] = [:]

  /// Takes arguments apart, without the program's name.
  package init(_ arguments: [String]) throws(UsageError) {
    var rest = arguments[...]
    command = try CommandWords.command(&rest)
    while let argument = rest.popFirst() {
      let bytes = Array(argument.utf8)
      if bytes == Array("--".utf8) {
        for argument in rest { try take(operand: argument) }
        break
      }
      if bytes.starts(with: "--".utf8) {
        try take(long: bytes, from: &rest)
      } else if bytes.first == UInt8(ascii: "-"), bytes.count > 1, !isAmount(bytes) {
        try take(letters: bytes[1...], from: &rest)
      } else {
        try take(operand: argument)
      }
    }
    if has(.help) { return }
    let isComplete = operands.count >= command.operandCount
    guard isComplete || command.operandIsOptional || has(.from) else {
      let operand = command.operand ?? "value"
      let article = operand.utf8.starts(with: "ID".utf8) ? "an" : "a"
      throw UsageError(
        "`iris \(command.rawValue)` needs \(article) \(operand), "
          + "as in: \(HelpText.synopsis(of: command))")
    }
  }

  /// The first argument besides options.
  package var operand: String? { operands.first }

  /// Returns true if an option was given.
  package func has(_ option: Option) -> Bool { values[option] != nil }

  /// The value of an option that is given at most once.
  package func value(_ option: Option) -> String? { values[option]?.last }

  /// Every value of an option, in order.
  package func values(_ option: Option) -> [String] { values[option] ?? [] }

  /// True for a negative amount in the place of one.
  private func isAmount(_ argument: [UInt8]) -> Bool {
    command == .accountsCredit && operands.count == 1 && (0x30...0x39).contains(argument[1])
  }

  private mutating func take(operand: String) throws(UsageError) {
    guard let placeholder = command.operand else {
      throw UsageError(
        "`iris \(command.rawValue)` takes no argument, and got `\(ByteString(operand))`")
    }
    // `iris help golden check` names a command of two words.
    if command == .help, let first = self.operand, operands.count == 1,
      Command.groups.contains(first)
    {
      operands = [first + " " + operand]
      return
    }
    guard operands.count < command.operandCount || command.operandIsRepeatable else {
      throw UsageError(
        "`\(ByteString(operand))` is one argument too many: `iris \(command.rawValue)` takes one \(placeholder)"
          + (placeholder == "PROMPT" ? "; put quotes around it" : ""))
    }
    operands.append(operand)
  }

  /// `--name VALUE` or `--name=VALUE`.
  private mutating func take(
    long argument: [UInt8], from rest: inout ArraySlice<String>
  ) throws(UsageError) {
    let equals = argument.firstIndex(of: UInt8(ascii: "=")) ?? argument.endIndex
    let name = Array(argument[..<equals])
    guard let option = command.options.first(where: { $0.spelling.utf8.elementsEqual(name) })
    else { throw OptionAdvice.unknown(name, in: command) }
    let attached = equals < argument.endIndex ? argument[(equals + 1)...] : nil
    try take(option, as: option.spelling, attached: attached, from: &rest)
  }

  /// `-o VALUE`, `-oVALUE`, `-o=VALUE`, and letters without values together: `-qh`.
  private mutating func take(
    letters: ArraySlice<UInt8>, from rest: inout ArraySlice<String>
  ) throws(UsageError) {
    guard let letter = letters.first else { return }
    if let option = command.options.first(where: { $0.name.utf8.elementsEqual(letters) }) {
      throw UsageError("there is no option `-\(option.name)`; did you mean \(option.spelling)?")
    }
    guard let option = command.options.first(where: { $0.letter == letter }) else {
      throw OptionAdvice.unknown([UInt8(ascii: "-")] + letters, in: command)
    }
    let spelling = option.shortSpelling ?? option.spelling
    let behind = letters.dropFirst()
    guard command.placeholder(of: option) == nil, behind.first != UInt8(ascii: "=") else {
      let value = behind.first == UInt8(ascii: "=") ? behind.dropFirst() : behind
      try take(option, as: spelling, attached: behind.isEmpty ? nil : value, from: &rest)
      return
    }
    try take(option, as: spelling, attached: nil, from: &rest)
    try take(letters: behind, from: &rest)
  }

  private mutating func take(
    _ option: Option, as spelling: String, attached: ArraySlice<UInt8>?,
    from rest: inout ArraySlice<String>
  ) throws(UsageError) {
    guard option.isRepeatable || !has(option) || option == .help else {
      throw UsageError("\(spelling) is given twice; it is allowed once")
    }
    guard let placeholder = command.placeholder(of: option) else {
      guard attached == nil else { throw UsageError("\(spelling) takes no value") }
      values[option] = [""]
      return
    }
    if let attached {
      values[option, default: []].append(String(decoding: attached, as: UTF8.self))
    } else if let value = rest.first, !value.utf8.starts(with: "--".utf8) {
      rest.removeFirst()
      values[option, default: []].append(value)
    } else {
      throw UsageError("\(spelling) needs a value: \(spelling) \(placeholder)")
    }
  }
}

/// Understanding option values; each error names the option and what it allows.
extension Invocation {
  /// One of a few words, or nil if the option is absent.
  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ option: Option, of type: Choice.Type
  ) throws(UsageError) -> Choice? {
    guard let text = value(option) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      throw rejected(text, option, type.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }

  /// The provider of products, ready to use.
  /// - Parameter fallback: The one without the option.
  /// - Throws: Also `ProductError`, if its library is not here.
  func products(otherwise fallback: ProductProvider = .auto) throws -> ProductChoice {
    try ProductChoice(try choice(.products, of: ProductProvider.self) ?? fallback)
  }

  /// A whole number within a range, or nil if the option is absent.
  func integer<Value: FixedWidthInteger & Sendable>(
    _ option: Option, in range: ClosedRange<Value>
  ) throws(UsageError) -> Value? {
    guard let text = value(option) else { return nil }
    guard let number = Value(text), range.contains(number) else {
      throw rejected(text, option, "a whole number from \(RequestParameter.text(range))")
    }
    return number
  }

  /// A number within a range, or nil if the option is absent.
  func number(_ option: Option, in range: ClosedRange<Double>) throws(UsageError) -> Double? {
    guard let text = value(option) else { return nil }
    guard let number = Double(text), range.contains(number) else {
      throw rejected(text, option, "a number from \(RequestParameter.text(range))")
    }
    return number
  }

  /// A seed as it was written, or nil for -1.
  func seed(_ text: String, in range: ClosedRange<UInt64>) throws(UsageError) -> UInt64? {
    let random = "\(RequestParameter.randomSeed)"
    guard text != random else { return nil }
    guard let seed = UInt64(text), range.contains(seed) else {
      throw rejected(
        text, .seed, "a whole number from \(RequestParameter.text(range)), or \(random)")
    }
    return seed
  }

  /// A size within a range of sides, or nil if the option is absent.
  func size(sides range: ClosedRange<Int>) throws(UsageError) -> PixelSize? {
    guard let text = value(.size) else { return nil }
    guard let size = PixelSize(text), range.contains(size.width), range.contains(size.height)
    else {
      let isSide = Int(text).map(range.contains) ?? false
      throw rejected(
        text, .size,
        "WIDTHxHEIGHT with sides from \(RequestParameter.text(range)), as in 768x512"
          + (isSide ? "; did you mean \(text)x\(text)?" : ""))
    }
    return size
  }

  /// The error for a value that is not allowed.
  func rejected(_ text: String, _ option: Option, _ allowed: String) -> UsageError {
    UsageError("\(option.spelling) is `\(ByteString(text))`; it must be \(allowed)")
  }
}

/// A command line that was not understood; the program ends with status 2.
package struct UsageError: Error, Equatable {
  /// The problem and the allowed values.
  package let message: String

  package init(_ message: String) { self.message = message }
}

/// A command that could not be carried out; the program ends with status 1.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
