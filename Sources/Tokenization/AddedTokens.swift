import Text

/// Tokens that are matched in the raw text before normalisation, wherever they occur, including in
/// user prompts (spec §2.2, step 1).
struct AddedTokens: Sendable {
  /// A piece of the text: ordinary text, or one added token.
  enum Piece: Equatable {
    case text(String)
    case token(Int32)
  }

  private struct Entry {
    let bytes: [UInt8]
    let id: Int32
  }

  /// Entries by first byte, longest first, so that the first match is the longest.
  private let entries: [UInt8: [Entry]]

  init(_ idsByContent: [ByteString: Int32]) {
    var entries: [UInt8: [Entry]] = [:]
    for (bytes, id) in idsByContent {
      guard let first = bytes.first else { continue }
      entries[first, default: []].append(Entry(bytes: Array(bytes), id: id))
    }
    self.entries = entries.mapValues { $0.sorted { $0.bytes.count > $1.bytes.count } }
  }

  /// Splits `text` at added tokens: leftmost first, the longest if several begin at one position.
  func split(_ text: String) -> [Piece] {
    let bytes = Array(text.utf8)
    var pieces: [Piece] = []
    var start = 0
    var position = 0
    while position < bytes.count {
      guard let entry = match(bytes, at: position) else {
        position += 1
        continue
      }
      if start < position {
        pieces.append(.text(String(decoding: bytes[start..<position], as: UTF8.self)))
      }
      pieces.append(.token(entry.id))
      position += entry.bytes.count
      start = position
    }
    if start < bytes.count {
      pieces.append(.text(String(decoding: bytes[start...], as: UTF8.self)))
    }
    return pieces
  }

  private func match(_ bytes: [UInt8], at position: Int) -> Entry? {
    entries[bytes[position]]?.first { bytes[position...].starts(with: $0.bytes) }
  }
}
