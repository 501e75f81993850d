import TestSupport
import Testing
import Text

@Suite struct ByteStringTests {
  @Test func `what only looks the same is different`() {
    let composed = ByteString("caf\u{E9}")
    let decomposed = ByteString("cafe\u{301}")
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed]).count == 2)
    #expect(composed == "caf\u{E9}")
  }

  @Test func `only the case of ASCII letters is folded`() {
    #expect(ByteString("Chunked").equalsIgnoringASCIICase("chunKED"))
    #expect(!ByteString("chun\u{212A}ed").equalsIgnoringASCIICase("chunked"))
    #expect(ByteString("ÄB[@Z").asciiLowercase == "Äb[@z")
  }

  @Test func `a part is compared and hashed like a whole`() {
    let whole = ByteString("name=value")
    let parts = whole.split(atFirst: "=")
    #expect(parts?.head == "name")
    #expect(parts?.tail == "value")
    #expect(parts?.tail.hashValue == ByteString("value").hashValue)
    #expect(ByteString("value").split(atFirst: "=") == nil)
    #expect(ByteString(",a,,b").split(on: ",") == ["", "a", "", "b"])
  }

  @Test(
    arguments: [(" \ta b\t", "a b"), ("a", "a"), (" \t ", ""), ("", "")]
      as [(ByteString, ByteString)])
  func `blanks are trimmed`(text: ByteString, trimmed: ByteString) {
    #expect(text.trimmed == trimmed)
  }

  @Test func `beginnings and ends are bytes`() {
    let text: ByteString = "lora.alpha"
    #expect(text.starts(with: "lora" as ByteString))
    #expect(text.ends(with: ".alpha"))
    #expect(!text.ends(with: "x.lora.alpha"))
    #expect(!ByteString("e\u{301}").ends(with: "\u{E9}"))
  }

  @Test(
    arguments: [
      ("0", 0), ("0042", 42), ("9223372036854775807", Int.max), ("9223372036854775808", nil),
      ("", nil), ("+1", nil), ("-1", nil), (" 1", nil), ("1e3", nil), ("\u{0663}", nil),
    ] as [(ByteString, Int?)])
  func `decimals are digits and nothing else`(text: ByteString, value: Int?) {
    #expect(text.decimal == value)
  }

  @Test func `a string is made only within a bound and of UTF-8`() {
    #expect(ByteString("abc").string(limit: 3) == "abc")
    #expect(ByteString("abcd").string(limit: 3) == nil)
    #expect(ByteString([0x61, 0xFF]).string(limit: 3) == nil)
  }

  @Test func `a message shows the beginning and no controls`() {
    #expect("\(ByteString("size\n\u{1B}[31m"))" == "size\\u{a}\\u{1b}[31m")
    #expect("\(ByteString("\u{202E}a\u{2028}\u{9B}"))" == "\\u{202e}a\\u{2028}\\u{9b}")
    let long = ByteString([UInt8](repeating: 0x61, count: 1_000_000))
    #expect(long.description == String(repeating: "a", count: 64) + "…")
    let wide = ByteString("a" + String(repeating: "\u{1F98A}", count: 20))
    #expect(wide.description == "a" + String(repeating: "\u{1F98A}", count: 15) + "…")
  }

  @Test func `UTF-8 is judged as the standard library judges it`() {
    var generator = SeededGenerator(seed: 1)
    let edges: [UInt8] = [
      0, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xE0, 0xED, 0xF0, 0xF4,
    ]
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
        Bool.random(using: &generator)
          ? edges.randomElement(using: &generator) ?? 0
          : UInt8.random(in: 0...255, using: &generator)
      }
      let isValid = String(validating: bytes, as: UTF8.self) != nil
      #expect(ByteString(bytes).isUTF8 == isValid, "\(bytes)")
    }
  }
}
