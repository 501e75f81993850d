import HTTP
import Testing

@Suite struct EventStreamTests {
  @Test(arguments: [
    ("{\"a\":1}", ["{\"a\":1}"]), ("", [""]), ("a\nb", ["a", "b"]), ("a\r\nb\r", ["a", "b", ""]),
    ("\n\u{301}x", ["", "\u{301}x"]), (" a: b", [" a: b"]),
    ("id: 1\nretry: 2", ["id: 1", "retry: 2"]),
  ])
  func `every line of the data arrives as it is`(_ data: String, lines: [String]) {
    let parser = EventParser(EventStream.encode(event: "image.done", data: data))
    #expect(parser.events == [EventParser.Event(name: "image.done", data: lines)])
    #expect(parser.otherFields.isEmpty && parser.comments.isEmpty)
  }

  @Test func `an event is its name, its data and an empty line`() {
    let bytes = EventStream.encode(event: "error", data: "{}")
    #expect(String(decoding: bytes, as: UTF8.self) == "event: error\ndata: {}\n\n")
  }

  @Test func `a comment with line ends stays one comment`() {
    let parser = EventParser(EventStream.encode(comment: "ping\ndata: x\r\n\r\ndata: y"))
    #expect(parser.events.isEmpty && parser.comments == ["ping data: x  data: y"])
  }

  @Test func `an event's name cannot begin another field`() {
    let parser = EventParser(EventStream.encode(event: "a\ndata: b", data: "c"))
    #expect(parser.events == [EventParser.Event(name: "a data: b", data: ["c"])])
  }
}

/// Reads an event stream as browsers do (WHATWG HTML §9.2.6), to check what the server writes.
struct EventParser {
  struct Event: Equatable {
    var name = ""
    var data: [String] = []
  }

  private(set) var events: [Event] = []
  private(set) var comments: [String] = []
  private(set) var otherFields: [String] = []

  init(_ bytes: [UInt8]) {
    var event = Event()
    for line in Self.lines(of: bytes) {
      if line.isEmpty {
        if !event.data.isEmpty { events.append(event) }
        event = Event()
      } else if line.first == UInt8(ascii: ":") {
        comments.append(Self.value(line.dropFirst()))
      } else {
        let name = line.prefix { $0 != UInt8(ascii: ":") }
        let value = Self.value(line.dropFirst(name.count + 1))
        switch String(decoding: name, as: UTF8.self) {
        case "event": event.name = value
        case "data": event.data.append(value)
        default: otherFields.append(String(decoding: name, as: UTF8.self))
        }
      }
    }
  }

  private static func value(_ text: ArraySlice<UInt8>) -> String {
    String(decoding: text.first == UInt8(ascii: " ") ? text.dropFirst() : text, as: UTF8.self)
  }

  /// Split by bytes, since a line's end and what follows it may form one character.
  private static func lines(of bytes: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var line: [UInt8] = []
    var previous: UInt8 = 0
    for byte in bytes {
      if byte == 0x0D || (byte == 0x0A && previous != 0x0D) {
        lines.append(line)
        line = []
      } else if byte != 0x0A {
        line.append(byte)
      }
      previous = byte
    }
    return lines
  }
}
