import HTTP
import Testing
import Text

/// Reads mutated inputs whole and cut into pieces: both must give the same result, and nothing may trap.
@Suite struct FuzzTests {
  private static let fragments = [
    "\r\n", "\n", "\r", "\0", " ", "\t", ":", ";", "=", "\"", "\\", "%", "%22", "--", "--xYz",
    "0\r\n",
    "\r\n\r\n", "Host: a\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "chunked",
    "Expect: 100-continue\r\n", "Connection: close\r\n", "ffffffff", "9223372036854775807", "-1",
    "/",
    "?", "..", "HTTP/1.0", "\u{e9}", "Content-Disposition: form-data; name=", "filename=\"",
  ]

  private static func seeds(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

  private static let heads = seeds(
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD /a%20b?c=d&e HTTP/1.0\r\n\r\n",
    "POST /v1/images HTTP/1.1\r\nHost: a:80\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
      + "5\r\nhello\r\n0\r\n\r\n")

  private static let chunks = seeds(
    "5\r\nhello\r\n0\r\n\r\n", "a;b=c\r\n0123456789\r\n1\r\n\n\r\n0\r\nX: y\r\n\r\n", "0\r\n\r\n")

  private static let forms = seeds(
    "--xYz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--xYz--\r\n",
    "--xYz\r\nContent-Type: image/png\r\nContent-Disposition: form-data; name=\"image[]\"; "
      + "filename=\"a\\\"%22.png\"\r\n\r\n\r\r\n--xY\r\n--xYz\r\n"
      + "content-disposition: form-data; name=b\r\n\r\n\r\n--xYz--")

  /// The result or error of a parser, as text that can be compared.
  private func outcome<Value>(_ read: () throws(HTTPError) -> Value) -> String {
    do { return "\(try read())" } catch { return "\(error)" }
  }

  @Test func `a head comes to the same however it is cut`() async {
    var fuzzer = Fuzzer(seed: 1)
    for run in 0..<Fuzzer.runs {
      await Fuzzer.letOthersRun(run)
      let bytes = fuzzer.mutate(Self.heads, with: Self.fragments)
      #expect(readHead([bytes[...]]) == readHead(fuzzer.cut(bytes)), "\(bytes)")
    }
  }

  private func readHead(_ pieces: [ArraySlice<UInt8>]) -> String {
    outcome { () throws(HTTPError) in
      var parser = HeadParser()
      for var piece in pieces {
        if let head = try parser.consume(&piece) { return "\(head)" }
      }
      return "unfinished"
    }
  }

  @Test func `a chunked body comes to the same however it is cut`() async {
    var fuzzer = Fuzzer(seed: 2)
    for run in 0..<Fuzzer.runs {
      await Fuzzer.letOthersRun(run)
      let bytes = fuzzer.mutate(Self.chunks, with: Self.fragments)
      #expect(readChunks([bytes[...]]) == readChunks(fuzzer.cut(bytes)), "\(bytes)")
    }
  }

  private func readChunks(_ pieces: [ArraySlice<UInt8>]) -> String {
    var body: [UInt8] = []
    let result = outcome { () throws(HTTPError) in
      var parser = ChunkedParser()
      var isWhole = false
      for var piece in pieces {
        isWhole = try parser.consume(&piece, into: &body, limit: 64)
      }
      return isWhole
    }
    #expect(body.count <= 64)
    return "\(result) \(body)"
  }

  @Test func `a form comes to the same however it is cut`() async {
    var fuzzer = Fuzzer(seed: 3)
    for run in 0..<Fuzzer.runs {
      await Fuzzer.letOthersRun(run)
      let bytes = fuzzer.mutate(Self.forms, with: Self.fragments)
      #expect(readForm([bytes[...]]) == readForm(fuzzer.cut(bytes)), "\(bytes)")
    }
  }

  private func readForm(_ pieces: [ArraySlice<UInt8>]) -> String {
    outcome { () throws(HTTPError) in
      var parser = try MultipartParser(contentType: "multipart/form-data; boundary=xYz")
      for piece in pieces { try parser.feed(piece) }
      return try parser.finish()
    }
  }

  @Test func `field parameters read the same once written again`() async throws {
    var fuzzer = Fuzzer(seed: 4)
    let seeds = Self.seeds(
      "form-data; name=\"a\\\"b\"; filename=c", "multipart/form-data; boundary=x")
    for run in 0..<Fuzzer.runs {
      await Fuzzer.letOthersRun(run)
      let text = String(decoding: fuzzer.mutate(seeds, with: Self.fragments), as: UTF8.self)
      guard let parsed = try? FieldParameters(parsing: ByteString(text)) else { continue }
      #expect(try FieldParameters(parsing: written(parsed)) == parsed, "\(text)")
    }
  }

  /// A field value with every parameter quoted.
  private func written(_ field: FieldParameters) -> ByteString {
    var bytes = Array(field.value.bytes)
    for (name, value) in field.parameters {
      bytes += Array("; ".utf8) + name.bytes + Array("=\"".utf8)
      for byte in value.bytes {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
          bytes.append(UInt8(ascii: "\\"))
        }
        bytes.append(byte)
      }
      bytes.append(UInt8(ascii: "\""))
    }
    return ByteString(bytes)
  }

  @Test func `an event arrives as it was sent`() async {
    var fuzzer = Fuzzer(seed: 5)
    for run in 0..<Fuzzer.runs {
      await Fuzzer.letOthersRun(run)
      let seeds = Self.seeds("{\"a\": \"b\"}", "data: x\n\nevent: y\r\n", "")
      let data = String(decoding: fuzzer.mutate(seeds, with: Self.fragments), as: UTF8.self)
      let parser = EventParser(EventStream.encode(event: "e", data: data))
      #expect(parser.events.count == 1 && parser.otherFields.isEmpty, "\(data)")
      let lines = data.unicodeScalars.split(omittingEmptySubsequences: false) {
        $0 == "\r" || $0 == "\n"
      }
      #expect(parser.events.first?.data.joined() == lines.map { String($0) }.joined(), "\(data)")
    }
  }

  @Test func `a connection answers every request once and nothing after a refusal`() async {
    var fuzzer = Fuzzer(seed: 6)
    for run in 0..<Fuzzer.runs {
      await Fuzzer.letOthersRun(run)
      var connection = EmbeddedConnection()
      let bytes =
        fuzzer.mutate(Self.heads, with: Self.fragments)
        + fuzzer.mutate(Self.heads, with: Self.fragments)
      for piece in fuzzer.cut(bytes) where connection.state.wantsInput {
        connection.receive(Array(piece))
      }
      let refusals = connection.statuses.count - connection.requests.count
      #expect(refusals == 0 || (refusals == 1 && connection.statuses.last ?? 0 >= 400), "\(bytes)")
      #expect(connection.state.unsentBytes == 0)
      #expect(connection.hasShutDown == (connection.state.phase == .lingering))
      #expect(connection.records.count == connection.statuses.count)
    }
  }
}
