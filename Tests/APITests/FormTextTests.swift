import HTTP
import JSON
import Synchronization
import Testing
import Text

@testable import API

/// The beginning of forms, and the end of their reading when a client leaves.
@Suite struct FormTextTests {
  private let form = TestForm([.text("model", "epithre-iris"), .text("prompt", "a fox")])

  private func read(
    _ body: [UInt8], isDeparted: () -> Bool = { false }
  ) throws -> FormReader.Form {
    try FormReader.read(
      body, contentType: ByteString(form.contentType), takesMask: false, isDeparted: isDeparted)
  }

  @Test func `a byte order mark before the first boundary takes no part away`() throws {
    let marked = try read([0xEF, 0xBB, 0xBF] + form.body)
    #expect(marked.members.map(\.name) == ["model", "prompt"])
  }

  @Test func `a form is read no further once its client has left`() throws {
    let padding = [UInt8](repeating: UInt8(ascii: "x"), count: 8 << 20)
    let body = padding + Array("\r\n".utf8) + form.body
    let questions = Mutex(0)
    #expect(throws: CancellationError.self) {
      try read(body) {
        questions.withLock { count in
          count += 1
          return count > 2
        }
      }
    }
    #expect(questions.withLock { $0 } == 3)
    #expect(try read(body).members.count == 2)
  }
}
