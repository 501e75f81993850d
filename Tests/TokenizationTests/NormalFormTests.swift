import Foundation
import TestSupport
import Testing

@testable import Tokenization

@Suite struct NormalFormTests {
  let tokenizer: Tokenizer

  init() throws { tokenizer = try QwenFixture.tokenizer.get() }

  @Test(arguments: [
    ("e\u{301}", "é"), ("A\u{30A}", "\u{C5}"), ("\u{212B}", "\u{C5}"),
    ("\u{1100}\u{1161}\u{11A8}", "각"), ("\u{AC00}\u{11A8}", "각"),
    ("a\u{301}\u{316}", "á\u{316}"),
  ])
  func `canonically equivalent spellings have the same ids`(decomposed: String, composed: String) {
    #expect(tokenizer.encode(decomposed) == tokenizer.encode(composed))
  }

  @Test func `Hangul that does not compose stays as it is`() {
    // U+11A7 is one before the first trailing consonant, U+11C3 one after the last.
    let alone = tokenizer.encode("\u{AC00}")
    for other in ["\u{11A7}", "\u{11C3}"] {
      #expect(tokenizer.encode("\u{AC00}" + other) == alone + tokenizer.encode(other))
    }
  }

  @Test func `a mark newer than the reference's tables is not moved`() {
    // U+0D3C came with Unicode 10 and would go before U+031D by its combining class.
    #expect(
      tokenizer.encode("\u{31D}\u{D3C}") == tokenizer.encode("\u{31D}")
        + tokenizer.encode("\u{D3C}"))
  }

  @Test(arguments: [
    ("\u{301}\u{323}", "\u{1EA1}", 2), ("\u{344}", "\u{E4}", 2), ("\u{F73}", "a", 2),
    ("\u{301}", "\u{E1}", 1),
  ])
  func `marks in whatever order cost their number, and none is lost`(
    marks: String, first: String, parts: Int
  ) throws {
    let count = 25_000
    let text = "a" + String(repeating: marks, count: count)
    let short = "a" + String(repeating: marks, count: count / 10)
    // Ten times the marks; moved one place at a time they would cost a hundred times as much.
    #expect(excess(of: text, over: short) == nil)
    let normal = NormalFormC.normalize(text)
    #expect(normal.unicodeScalars.first == first.unicodeScalars.first)
    let lost = first == "a" ? 0 : 1
    #expect(normal.unicodeScalars.count == 1 + parts * count - lost)
  }

  @Test(arguments: ["\u{CCB}", "\u{1FAD}", "\u{1EAD}"])
  func `what decomposes into several composes again`(composed: String) {
    let decomposed = composed.decomposedStringWithCanonicalMapping
    #expect(decomposed.unicodeScalars.count > 2)
    let normal = NormalFormC.normalize(decomposed)
    #expect(normal.unicodeScalars.elementsEqual(composed.unicodeScalars))
  }

  @Test(arguments: ["a\u{301}", "\u{1100}\u{1161}\u{11A8}", "'s", "<|", "\u{4E2D}", " \n"])
  func `a prompt of 32,000 characters costs its length`(unit: String) {
    func text(_ length: Int) -> String {
      String(repeating: unit, count: length / unit.unicodeScalars.count)
    }
    // Ten times the length; a hundred times the time would be quadratic.
    #expect(excess(of: text(32_000), over: text(3200)) == nil)
  }

  /// Compares the time of a text with that of one a tenth as long.
  private func excess(of text: String, over short: String) -> String? {
    ProcessorTime.excess(
      of: { _ = tokenizer.encode(text) }, over: 40, times: { _ = tokenizer.encode(short) })
  }
}
