import TestSupport

/// Clients that ask again as soon as they are answered, beside clients that mostly wait.
package struct SteadyLoad: Sendable {
  /// The result.
  package struct Report: Sendable {
    /// The answers to those who ask.
    package let busy: Tally
    /// Latencies of their requests beyond the render.
    package let added: Latencies
    /// The answers to those who mostly wait.
    package let idle: Tally
  }

  /// Clients that ask for images.
  package var clients = 200
  /// Clients that ask for nothing but a sign of life, every half minute and at the end.
  package var idleClients = 1000
  /// The time during which requests are begun; each client sends at least one.
  package var seconds = 60.0
  /// The steps of a render.
  package var steps = 4
  /// The duration of a render.
  package var renderSeconds = 2.0
  /// True if the clients begin one by one over the time of a render; false if all at once.
  package var isStaggered = true

  private static let idleSeconds = 30.0

  /// The load of production's bar.
  package init() {}

  /// Loads a service.
  package func run(on target: LoadTarget) async -> Report {
    let idle = await Blocking.run { (0..<idleClients).map { _ in SocketClient(port: target.port) } }
    let clock = Stopwatch()
    async let visits = Blocking.run { visit(idle, clock) }
    let replies = await Blocking.run(count: clients) { ask(target, number: $0, clock) }
    let last = await Blocking.run { Self.ask(idle) }
    return Report(
      busy: Tally(sum: replies.map(\.tally)), added: Latencies(replies.flatMap(\.added)),
      idle: Tally(sum: [await visits, last]))
  }

  private func ask(
    _ target: LoadTarget, number: Int, _ clock: Stopwatch
  ) -> (tally: Tally, added: [Double]) {
    let client = SocketClient(port: target.port)
    let request = target.generation(steps: steps)
    var (tally, added) = (Tally(), [Double]())
    if isStaggered { clock.wait(until: renderSeconds * Double(number) / Double(clients)) }
    repeat {
      let time = Stopwatch()
      let reply = client.exchange(request)
      tally.add(reply)
      guard reply != nil else { break }
      added.append(time.seconds - renderSeconds)
    } while clock.seconds < seconds
    return (tally, added)
  }

  /// Asks all of them in turn, at such a pace that each is asked every half minute.
  private func visit(_ idle: [SocketClient], _ clock: Stopwatch) -> Tally {
    var tally = Tally()
    let pause = Self.idleSeconds / Double(max(1, idle.count))
    var visits = 0
    while !idle.isEmpty, Double(visits + 1) * pause < seconds {
      visits += 1
      clock.wait(until: Double(visits) * pause)
      tally.add(idle[visits % idle.count].exchange(LoadTarget.health))
    }
    return tally
  }

  private static func ask(_ idle: [SocketClient]) -> Tally {
    var tally = Tally()
    for client in idle { tally.add(client.exchange(LoadTarget.health)) }
    return tally
  }
}
