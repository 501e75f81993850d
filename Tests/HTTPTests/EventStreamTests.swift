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

  @Test func `an event reads as documented`() {
    let bytes = EventStream.encode(event: "error", data: "{}")
    #expect(String(decoding: bytes, as: UTF8.self) == "event: error\ndata: {}\n\n")
  }

  @Test func `a comment stays a comment`() {
    let parser = EventParser(EventStream.encode(comment: "ping\ndata: x\r\n\r\ndata: y"))
    #expect(parser.events.isEmpty && parser.comments == ["ping data: x  data: y"])
  }

  @Test func `an event's name cannot begin another field`() {
    let parser = EventParser(EventStream.encode(event: "a\ndata: b", data: "c"))
    #expect(parser.events == [EventParser.Event(name: "a data: b", data: ["c"])])
  }
}
