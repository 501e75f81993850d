import Foundation
import Testing
import Tokenization

@Suite struct TokenizerFileTests {
  /// A small byte-level model: the bytes, `h e`, `he y`, and two added tokens.
  static let merges = ["h e", "he y"]
  static let addedTokens = ["<|endoftext|>": 258, "<x>": 259]

  static var vocabulary: String {
    let spellings = QwenFixture.byteSpellings + ["he", "hey"]
    let members = spellings.enumerated().map { #""\#(QwenFixture.escaped($1))": \#($0)"# }
    return "{\(members.joined(separator: ", "))}"
  }

  static func combined(merges: String, added: String = addedList, type: String = "BPE") -> String {
    """
    {"version": "1.0", "truncation": null, "added_tokens": \(added), "normalizer": {"type": "NFC"},
     "model": {"type": "\(type)", "dropout": null, "vocab": \(vocabulary), "merges": \(merges)}}
    """
  }

  static let addedList = """
    [{"id": 258, "content": "<|endoftext|>", "special": true, "lstrip": false},
     {"id": 259, "content": "<x>", "normalized": false}]
    """

  static let stringMerges = #"["h e", "he y"]"#

  static let layouts: [[String: String]] = [
    ["tokenizer.json": combined(merges: stringMerges)],
    ["tokenizer.json": combined(merges: #"[["h", "e"], ["he", "y"]]"#)],
    ["tokenizer.json": combined(merges: #"["\u0068 e", ["he", "\u0079"]]"#)],
    [
      "vocab.json": vocabulary, "merges.txt": "#version: 0.2\nh e\nhe y\n",
      "added_tokens.json": #"{"<|endoftext|>": 258, "<x>": 259}"#,
    ],
    [
      "vocab.json": vocabulary, "merges.txt": "h e\r\nhe y\r\n",
      "tokenizer_config.json": """
      {"pad_token": {"content": "<|endoftext|>", "lstrip": false}, "added_tokens_decoder":
       {"258": {"content": "<|endoftext|>"}, "259": {"content": "\\u003cx\\u003e"}}}
      """,
    ],
  ]

  @Test(arguments: layouts.indices)
  func `every layout gives the same tokenizer`(index: Int) throws {
    let tokenizer = try TemporaryTokenizer.with(Self.layouts[index])
    #expect(tokenizer.encode("hey<x>he") == [257, 259, 256])
    #expect(tokenizer.padID == 258)
  }

  @Test func `the padding token is the one the configuration names`() throws {
    var files = Self.layouts[3]
    files["special_tokens_map.json"] = #"{"pad_token": "<|endoftext|>"}"#
    files["tokenizer_config.json"] = #"{"pad_token": "<x>", "bos_token": null}"#
    #expect(try TemporaryTokenizer.with(files).padID == 259)
  }

  static let faulty: [(String, TokenizationError.Code, [String: String])] = [
    ("an empty directory", .unreadable, [:]),
    ("no merges", .unreadable, ["vocab.json": vocabulary]),
    ("an empty file", .malformed, ["tokenizer.json": ""]),
    ("an array", .malformed, ["tokenizer.json": "[]"]),
    ("no model", .malformed, ["tokenizer.json": "{}"]),
    (
      "deep nesting", .malformed,
      ["tokenizer.json": "{\"a\":" + String(repeating: "[", count: 1 << 20)]
    ),
    ("another model", .unsupported, ["tokenizer.json": combined(merges: "[]", type: "Unigram")]),
    ("a broken escape", .malformed, ["tokenizer.json": #"{"\u12"#]),
    ("an unknown escape", .malformed, ["tokenizer.json": #"{"\q": 1}"#]),
    (
      "an id too large", .malformed, ["tokenizer.json": #"{"model": {"vocab": {"a": 4294967296}}}"#]
    ),
    ("a negative id", .malformed, ["tokenizer.json": #"{"model": {"vocab": {"a": -1}}}"#]),
    ("no comma", .malformed, ["tokenizer.json": #"{"model": {"vocab": {"a": 1 "b": 2}}}"#]),
    ("text after the end", .malformed, ["tokenizer.json": combined(merges: "[]") + "x"]),
    ("a merge of three", .malformed, ["tokenizer.json": combined(merges: #"["h e y"]"#)]),
    ("an array of three", .malformed, ["tokenizer.json": combined(merges: #"[["h", "e", "y"]]"#)]),
    ("an unknown merge", .inconsistent, ["tokenizer.json": combined(merges: #"["h y"]"#)]),
    ("a missing byte", .inconsistent, ["vocab.json": #"{"a": 0}"#, "merges.txt": ""]),
    ("a merge line of one", .malformed, ["vocab.json": vocabulary, "merges.txt": "h\n"]),
    ("no padding token", .inconsistent, ["vocab.json": vocabulary, "merges.txt": "h e\n"]),
    (
      "an added token without id", .malformed,
      ["tokenizer.json": combined(merges: "[]", added: #"[{"content": "<x>"}]"#)]
    ),
    (
      "a stripping added token", .malformed,
      ["tokenizer.json": combined(merges: "[]", added: #"[{"lstrip": true}]"#)]
    ),
    (
      "one added token with two ids", .malformed,
      ["tokenizer.json": combined(merges: "[]"), "added_tokens.json": #"{"<x>": 7}"#]
    ),
  ]

  @Test(arguments: faulty.indices)
  func `a faulty directory is an error`(index: Int) throws {
    let (name, code, files) = Self.faulty[index]
    let error = #expect(throws: TokenizationError.self, "\(name)") {
      try TemporaryTokenizer.with(files)
    }
    #expect(error?.code == code, "\(name)")
    #expect(error.map { !$0.description.contains("\n") } == true, "\(name)")
  }

  @Test func `a file cut anywhere is an error`() throws {
    let whole = Data(Self.combined(merges: Self.stringMerges).utf8)
    for length in stride(from: 0, to: whole.count, by: 37) {
      #expect(throws: TokenizationError.self, "\(length) of \(whole.count) bytes") {
        try TemporaryTokenizer.with(["tokenizer.json": whole.prefix(length)])
      }
    }
  }

  @Test func `a file with any byte changed is read or refused, and never brings the process down`()
    throws
  {
    let whole = Data(Self.combined(merges: Self.stringMerges).utf8)
    for index in stride(from: 0, to: whole.count, by: 11) {
      var changed = whole
      changed[index] = UInt8(truncatingIfNeeded: index &* 31)
      do {
        let tokenizer = try TemporaryTokenizer.with(["tokenizer.json": changed])
        #expect(!tokenizer.encode("hey").isEmpty)
      } catch { #expect(error is TokenizationError) }
    }
  }
}
