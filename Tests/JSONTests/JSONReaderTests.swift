import JSON
import Synchronization
import Testing
import Text

@Suite struct JSONReaderTests {
  static func read(_ text: String) throws(JSONError) -> JSONValue {
    try JSONValue(Array(text.utf8), limits: .init(depth: 16, values: 1024))
  }

  static func text(_ json: String) throws -> ByteString? {
    if case .string(let text) = try read(json) { text } else { nil }
  }

  @Test func `what RFC 8259 allows is read`() throws {
    let value = try Self.read(#" {"a": [1, -2.5e3, true, false, null, {}, []], "": "x"} "#)
    guard case .object(let object) = value, case .array(let items)? = object["a"] else {
      Issue.record("\(value)")
      return
    }
    #expect(items.count == 7 && object.members.map(\.name) == ["a", ""])
    #expect(items[0] == .number(JSONNumber(1)) && items[2] == .boolean(true) && items[4] == .null)
    #expect(object[""] == .string("x") && object["b"] == nil)
  }

  @Test(arguments: [
    (#""\u0041\u0042""#, "AB"), (#""a\u00e9b""#, "aéb"), (#""\ud83e\udd8a""#, "🦊"),
    (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""é\n\u20ACz""#, "é\n€z"),
    (#""\u0000""#, "\0"), (#""""#, ""),
  ])
  func `escapes stand for what they spell`(json: String, text: String) throws {
    #expect(try Self.text(json) == ByteString(text))
  }

  @Test(arguments: [
    ("", "ends too early"), ("{", "ends too early"), ("[1", "ends too early"),
    ("[1 2]", "expected ']' or ','"), ("[1,]", "a value"), ("{\"a\":1,}", "expected '\"'"),
    ("{\"a\" 1}", "expected ':'"), ("{a:1}", "expected '\"'"), ("01", "a value"),
    ("1.", "a value"), (".5", "a value"), ("+1", "a value"), ("1e", "a value"),
    ("NaN", "a value"), ("tru", "an unknown word"), ("nulls", "after the end"),
    ("\"a", "does not end"), ("\"\\", "does not end"), ("\"\\u00", "does not end"),
    ("\"\\u00g0\"", "hexadecimal"), ("\"\\x\"", "unknown escape"), ("\"\n\"", "control"),
    ("\"\\ud83e\"", "surrogate"), ("\"\\udd8a\"", "surrogate"),
    ("\"\\ud83e\\u0041\"", "surrogate"), ("1 1", "after the end"), ("'a'", "a value"),
    (String(repeating: "[", count: 17), "nested too deeply"),
    ("[" + String(repeating: "1,", count: 1023) + "1]", "more than 1024 values"),
  ])
  func `what RFC 8259 does not allow is refused for what it is`(json: String, problem: String) {
    let fault = #expect(throws: JSONError.self) { try Self.read(json) }
    #expect(fault?.problem.contains(problem) == true, "\(String(describing: fault))")
  }

  @Test func `bytes that are not UTF-8 are refused wherever an escape stands`() {
    for inside in [[0xFF], [0xC3], [0xC3, 0x5C, 0x6E], [0x5C, 0x6E, 0xA9]] as [[UInt8]] {
      let fault = #expect(throws: JSONError.self) { try JSONValue([0x22] + inside + [0x22]) }
      #expect(fault?.problem == "a string is not UTF-8")
    }
  }

  @Test func `a name given twice is a fault that names it, however it is spelled`() throws {
    let fault = #expect(throws: JSONError.self) { try Self.read(#"{"ab":1,"\u0061b":2}"#) }
    #expect(fault?.kind == .duplicate("ab"))
    let nested = #expect(throws: JSONError.self) { try Self.read(#"[{"a":{"b":1,"b":1}}]"#) }
    #expect(nested?.kind == .duplicate("b"))
    _ = try Self.read(#"{"a":{"a":1},"b":{"a":1}}"#)
  }

  @Test func `in a file the last of two values counts, and the name is told`() throws {
    let document = try JSONDocument(Array(#"{"a":1,"b":[{"c":1,"c":2}],"\u0061":3}"#.utf8))
    guard case .object(let object) = document.root else {
      Issue.record("no object")
      return
    }
    #expect(object["a"] == .number(JSONNumber(3)))
    #expect(document.repeatedNames == ["c", "a"])
  }

  @Test(arguments: [
    (#"\u0041\u00e9\u20AC\ud83e\uDD8A\n\"\\\/"#, "A\u{E9}\u{20AC}\u{1F98A}\n\"\\/"),
    (#"\u0041b\u0041"#, "AbA"), (#"\b\f\r\t"#, "\u{8}\u{C}\r\t"),
  ])
  func `escapes that follow each other read as each alone`(json: String, expected: String) throws {
    #expect(try Self.read("\"" + json + "\"") == .string(ByteString(expected)))
  }

  @Test(arguments: [
    #"\u004"#, #"\u00g1"#, #"\ud800"#, #"\ud800\u0041"#, #"\udc00"#, #"\ud800\u00g1"#, #"\x"#,
    #"\u"#,
    #"\ud800\"#, #"\ud83e\ud83e"#,
  ])
  func `a wrong escape is a fault, also behind right ones`(escape: String) {
    for before in ["", #"\u0041"#, "a"] {
      for after in ["", "\""] {
        #expect(throws: JSONError.self) { try Self.read("\"" + before + escape + after) }
      }
    }
  }

  @Test func `names that only look the same are different`() throws {
    guard case .object(let object) = try Self.read("{\"caf\u{E9}\":1,\"cafe\u{301}\":2}") else {
      Issue.record("no object")
      return
    }
    #expect(object["caf\u{E9}"] == .number(JSONNumber(1)))
    #expect(object["cafe\u{301}"] == .number(JSONNumber(2)))
  }

  @Test(arguments: ["A", "\\u0041"])
  func `a long string is left when nobody waits for it any more`(unit: String) {
    let asked = Atomic(0)
    let json = Array(("\"" + String(repeating: unit, count: 8 << 20 / unit.utf8.count) + "\"").utf8)
    let fault = #expect(throws: JSONError.self) {
      var reader = JSONReader(json) {
        asked.add(1, ordering: .relaxed).newValue > 2
      }
      _ = try reader.value()
    }
    #expect(fault?.kind == .cancelled)
    #expect(asked.load(ordering: .relaxed) == 3)
    #expect((fault?.position ?? 0) < 3 << 20)
  }
}
