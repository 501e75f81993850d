import TestSupport

/// Connections that never finish their request's head, while others are served.
package struct HalfSentHeads: Sendable {
  /// The result.
  package struct Report: Sendable {
    /// The answers to the others, without and with the half-sent heads.
    package let tally: Tally
    /// Latencies of the other clients' requests beyond the render, before the half-sent heads.
    package let alone: Latencies
    /// The same, beside the half-sent heads.
    package let beside: Latencies
    /// The connections that were answered with 408 and closed.
    package let cut: Int
  }

  /// Connections with half a head; they must fit below `ServerConfiguration.maxConnections`, with the others.
  package var count = 3500
  /// The others: a steady load without idle clients, which must end before the heads are cut.
  package var others = SteadyLoad()

  /// The load of production's bar.
  package init() {
    others.clients = 50
    others.idleClients = 0
    others.seconds = 8
    others.steps = 1
    others.renderSeconds = 0.05
  }

  /// Loads a service.
  package func run(on target: LoadTarget) async -> Report {
    let alone = await others.run(on: target)
    let halves = await Blocking.run {
      (0..<count).map { _ in
        let client = SocketClient(port: target.port)
        client.send(Array("GET /healthz HTTP/1.1\r\nhost: loc".utf8))
        return client
      }
    }
    let beside = await others.run(on: target)
    let cut = await Blocking.run {
      halves.count { client in
        client.receiveReply()?.status == 408 && client.receive().isEmpty
      }
    }
    return Report(
      tally: Tally(sum: [alone.busy, beside.busy]), alone: alone.added, beside: beside.added,
      cut: cut)
  }
}
