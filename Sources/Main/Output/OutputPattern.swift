/// A name for several images: `{seed}` and `{index}` in it differ from one to the next.
///
/// Braces around anything else stay as they are, and `{{seed}}` is the text `{seed}`.
package struct OutputPattern: Sendable {
  private enum Part: Equatable {
    case text([UInt8])
    case seed
    case index
  }

  private static let fields: [(name: [UInt8], part: Part)] = [
    (Array("{seed}".utf8), .seed), (Array("{index}".utf8), .index),
  ]

  private let parts: [Part]

  /// Takes a name apart.
  package init(_ text: String) {
    var (rest, text, parts) = (Array(text.utf8)[...], [UInt8](), [Part]())
    while let first = rest.first {
      if let field = Self.fields.first(where: { rest.starts(with: [0x7B] + $0.name + [0x7D]) }) {
        text += field.name
        rest = rest.dropFirst(field.name.count + 2)
      } else if let field = Self.fields.first(where: { rest.starts(with: $0.name) }) {
        parts += [.text(text), field.part]
        text = []
        rest = rest.dropFirst(field.name.count)
      } else {
        text.append(first)
        rest = rest.dropFirst()
      }
    }
    self.parts = parts + [.text(text)]
  }

  /// The name of one image.
  /// - Parameters:
  ///   - seed: Its seed.
  ///   - index: Its place, from 1, written with as many digits as the last one's.
  ///   - count: How many there are.
  package func name(seed: UInt64, index: Int, of count: Int) -> String {
    let bytes = parts.flatMap { part -> [UInt8] in
      switch part {
      case .text(let text): return text
      case .seed: return Array("\(seed)".utf8)
      case .index:
        let digits = Array("\(index)".utf8)
        let width = "\(count)".utf8.count
        return Array(repeating: UInt8(ascii: "0"), count: max(0, width - digits.count)) + digits
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
