import Foundation
import Testing

/// The parts of an event stream.
struct TestEvents {
  struct Event {
    let name: String
    let data: [String: Any]
  }

  var events: [Event] = []
  var comments: [String] = []
  /// Lines that are none of `event:`, `data:` and comments.
  var others: [String] = []

  init(_ text: String) throws {
    for block in text.components(separatedBy: "\n\n") where !block.isEmpty {
      var (name, data) = ("", "")
      for line in block.split(separator: "\n") {
        if line.hasPrefix(": ") {
          comments.append(String(line.dropFirst(2)))
        } else if line.hasPrefix("event: ") {
          name = String(line.dropFirst(7))
        } else if line.hasPrefix("data: ") {
          data += line.dropFirst(6)
        } else {
          others.append(String(line))
        }
      }
      guard !name.isEmpty else { continue }
      let object = try JSONSerialization.jsonObject(with: Data(data.utf8))
      events.append(Event(name: name, data: try #require(object as? [String: Any])))
    }
  }
}
