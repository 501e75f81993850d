import TestSupport

/// Edits with bodies near the limit.
package struct LargeBodies: Sendable {
  /// The result.
  package struct Report: Sendable {
    /// The answers.
    package let tally: Tally
    /// From the first byte sent to the answer, for those that were served.
    package let whole: Latencies
  }

  /// The body that each request has.
  package let body: EditBody
  /// Requests of each client, one after the other.
  package var count = 20
  /// Clients at the same time.
  package var clients = 1

  /// Twenty in a row.
  package init(_ body: EditBody) { self.body = body }

  /// Loads a service.
  package func run(on target: LoadTarget) async -> Report {
    let head = target.post(
      "/v1/images/edits", body.contentType, byteCount: body.bytes.count)
    let results = await Blocking.run(count: clients) { _ in
      var (tally, seconds) = (Tally(), [Double]())
      for _ in 0..<count {
        // A refusal closes the connection.
        let client = SocketClient(port: target.port)
        let time = Stopwatch()
        client.send(head)
        client.send(body.bytes)
        let reply = client.receiveReply()
        tally.add(reply)
        if reply?.status == 200 { seconds.append(time.seconds) }
      }
      return (tally: tally, seconds: seconds)
    }
    return Report(
      tally: Tally(sum: results.map(\.tally)), whole: Latencies(results.flatMap(\.seconds)))
  }
}
