import Testing
import Tokenization

@Suite("Normal form C before the words are cut")
struct NormalFormTests {
  let tokenizer: Tokenizer

  init() throws { tokenizer = try QwenFixture.tokenizer.get() }

  @Test(
    "Canonically equivalent spellings have the same ids",
    arguments: [
      ("e\u{301}", "é"), ("A\u{30A}", "\u{C5}"), ("\u{212B}", "\u{C5}"),
      ("\u{1100}\u{1161}\u{11A8}", "각"), ("\u{AC00}\u{11A8}", "각"),
      ("a\u{301}\u{316}", "á\u{316}"),
    ])
  func composes(decomposed: String, composed: String) {
    #expect(tokenizer.encode(decomposed) == tokenizer.encode(composed))
  }

  @Test("Hangul that does not compose stays as it is")
  func hangulApart() {
    // U+11A7 is one before the first trailing consonant, U+11C3 one after the last.
    let alone = tokenizer.encode("\u{AC00}")
    for other in ["\u{11A7}", "\u{11C3}"] {
      #expect(tokenizer.encode("\u{AC00}" + other) == alone + tokenizer.encode(other))
    }
  }

  @Test("A mark newer than the reference's tables is not moved")
  func newMarkStays() {
    // U+0D3C came with Unicode 10 and would go before U+031D by its combining class.
    #expect(
      tokenizer.encode("\u{31D}\u{D3C}") == tokenizer.encode("\u{31D}")
        + tokenizer.encode("\u{D3C}"))
  }
}
