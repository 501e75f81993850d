/// What may be written for an option's value, going by what stands for it in help texts.
enum OptionValue: Equatable {
  /// The name of a file.
  case file
  /// The name of a folder.
  case folder
  /// One of a few words.
  case choice([String])
  /// Anything else.
  case other

  /// Understands a placeholder: `FILE`, `DIR`, `json|text`; capitals stand for something.
  init(placeholder: String) {
    let words = placeholder.utf8.split(separator: UInt8(ascii: "|")).map { String(Substring($0)) }
    if words.contains("FILE") {
      self = .file
    } else if words.contains("DIR") {
      self = .folder
    } else if words.count > 1, words.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x61 } }) {
      self = .choice(words)
    } else {
      self = .other
    }
  }
}
