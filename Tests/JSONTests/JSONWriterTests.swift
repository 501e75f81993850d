import Foundation
import JSON
import Testing
import Text

@Suite struct JSONWriterTests {
  /// Every ASCII character, and others of two, three and four bytes.
  fileprivate static let characters =
    String(decoding: (0...0x7F).map { UInt8($0) }, as: UTF8.self) + "é€🦊\u{2028}"

  @Test func `an answer keeps its members' order, and spells controls and doubles out`() {
    let value: JSONValue = [
      "b": [1, .number(2.5), [:], []], "a/\"\\": "\t\r\n\u{0}\u{1F}\u{7F}é", "one": .number(1),
      "none": .null, "yes": true, "no": .number(.infinity),
    ]
    let text = #"""
      {"b":[1,2.5,{},[]],"a/\"\\":"\u0009\u000d\n\u0000\u001f\u007fé","one":1.0,"none":null,"yes":true,"no":null}
      """#
    #expect(value.text() == text && value.bytes(.compact) == Array(text.utf8))
  }

  @Test func `a report is what Foundation writes of it with sorted keys`() throws {
    struct Report: Encodable {
      var zebra = 1.0
      var file = JSONWriterTests.characters
      var apple = [1.5, 1e-7, 1e300]
      var nested = ["b": UInt64.max, "a": 0]
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let value: JSONValue = [
      "zebra": .number(1), "file": .string(Self.characters),
      "apple": [.number(1.5), .number(1e-7), .number(1e300)],
      "nested": ["b": .integer(UInt64.max), "a": 0],
    ]
    #expect(try value.bytes(.sorted) == Array(encoder.encode(Report())))
  }

  @Test
  func `a configuration keeps floating-point numbers apart from integers, of either precision`() {
    let value: JSONValue = [
      "shift": 3.0, "layers": 3, "eps": .float(1e-6), "theta": .number(0.1), "out": .float(.nan),
      "axes": [32, 32], "kinds": ["a"],
    ]
    let text = """
      {
        "shift": 3.0,
        "layers": 3,
        "eps": 1e-06,
        "theta": 0.1,
        "out": null,
        "axes": [32, 32],
        "kinds": ["a"]
      }
      """
    #expect(value.text(.configuration) == text)
  }

  @Test func `a file has a line for each member, and one for each list of plain values`() {
    let value: JSONValue = [
      "version": 1,
      "list": [["name": "a\t/", "scale": .number(2)], ["names": ["x", "y"], "none": []], [:]],
      "empty": [],
    ]
    #expect(
      value.text(.indented) == #"""
        {
          "version": 1,
          "list": [
            {
              "name": "a\t/",
              "scale": 2
            },
            {
              "names": ["x", "y"],
              "none": []
            },
            {}
          ],
          "empty": []
        }
        """#)
  }

  @Test(arguments: [JSONFormat.compact, .sorted, .indented])
  func `a written value is read as what it was`(format: JSONFormat) throws {
    let value: JSONValue = [
      "a": .string(Self.characters),
      "b": [.integer(Int.min), .number(-0.1), .null, [["c": false]]],
    ]
    #expect(try JSONValue(value.bytes(format)) == value)
  }

  @Test func `a string that is not UTF-8 is repaired`() throws {
    let value = JSONValue.string(ByteString([0x61, 0xFF, 0x22]))
    #expect(value.text() == "\"a\u{FFFD}\\\"\"")
  }

  @Test func `a member that is nil is not written`() {
    #expect(JSONValue.object(present: [("a", nil), ("b", .null)]).text() == #"{"b":null}"#)
  }

  @Test func `a number that was read is written as it was spelled`() throws {
    let text = "[1.50,1e3,-0,12345678901234567890123]"
    #expect(try JSONValue(Array(text.utf8)).text() == text)
  }
}
