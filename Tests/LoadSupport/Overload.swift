import TestSupport

/// Requests that come at a fixed rate, many times faster than they can be served.
package struct Overload: Sendable {
  /// The result.
  package struct Report: Sendable {
    /// All answers.
    package let tally: Tally
    /// The refusals that are not 429 `backend_busy` with a time after which to try again.
    package let wrongRefusals: Int
    /// Latencies of refused requests.
    package let refused: Latencies
    /// Latencies of served requests, the wait in the queue included.
    package let served: Latencies
    /// Served requests over what the render threads could have served.
    package let usedShare: Double
  }

  /// Clients that take turns; enough that those whose request waits are not missed.
  package var clients = 400
  /// Requests a second.
  package var rate = 100.0
  /// The time during which requests are begun; each client sends at least one.
  package var seconds = 20.0
  /// The steps of a render.
  package var steps = 4
  /// The renders a second that the service is capable of.
  package var capacityRate = 10.0

  private struct Answer: Sendable {
    let seconds: Double
    let reply: SocketClient.Reply?
  }

  /// Ten times as much as is possible.
  package init() {}

  /// Loads a service.
  package func run(on target: LoadTarget) async -> Report {
    let clock = Stopwatch()
    let answers = await Blocking.run(count: clients) { ask(target, number: $0, clock) }.flatMap {
      $0
    }
    let elapsed = clock.seconds
    var tally = Tally()
    for answer in answers { tally.add(answer.reply) }
    let refusals = answers.filter { $0.reply.map { $0.status != 200 } ?? false }
    let served = answers.filter { $0.reply?.status == 200 }
    return Report(
      tally: tally,
      wrongRefusals: refusals.count { $0.reply.map { !Self.isRight($0) } ?? true },
      refused: Latencies(refusals.map(\.seconds)), served: Latencies(served.map(\.seconds)),
      usedShare: Double(served.count) / elapsed / capacityRate)
  }

  private func ask(_ target: LoadTarget, number: Int, _ clock: Stopwatch) -> [Answer] {
    let client = SocketClient(port: target.port)
    let request = target.generation(steps: steps)
    var answers: [Answer] = []
    var next = Double(number) / rate
    repeat {
      clock.wait(until: next)
      next += Double(clients) / rate
      let time = Stopwatch()
      let reply = client.exchange(request)
      answers.append(Answer(seconds: time.seconds, reply: reply))
      guard reply != nil else { break }
    } while next < seconds
    return answers
  }

  private static func isRight(_ reply: SocketClient.Reply) -> Bool {
    reply.status == 429 && reply.body.contains(#""code":"backend_busy""#)
      && reply.head.contains("\r\nretry-after: ") && reply.head.contains("\r\nretry-after-ms: ")
  }
}
