import API
import Flux2
import Foundation
import HTTP
import LoadSupport
import Rendering
import Synchronization
import TestSupport
import Testing

/// Clients that leave in the middle of their render, over a real socket, again and again.
@Suite(.serialized, .timeLimit(.minutes(5))) struct DepartureTests {
  /// The model and the request.
  struct Case: CustomTestStringConvertible, Sendable {
    let isEmbedded: Bool
    let isEdit: Bool
    let isStreamed: Bool
    /// The stub decodes nothing.
    let gate: GatedRendering.Gate

    static let all = [false, true].flatMap { isEmbedded in
      [false, true].flatMap { isEdit in
        [false, true].flatMap { isStreamed in
          (isEmbedded ? [.secondStep, .decoding] : [.secondStep]).map {
            Case(isEmbedded: isEmbedded, isEdit: isEdit, isStreamed: isStreamed, gate: $0)
          }
        }
      }
    }

    var testDescription: String {
      "\(isEmbedded ? "embedded model" : "stub"), \(isEdit ? "edit" : "generation")"
        + (isStreamed ? ", streamed" : "") + ", \(gate)"
    }
  }

  private static let rounds = 25

  private func rendering(_ isEmbedded: Bool) throws -> any ImageRendering {
    isEmbedded ? try TestModel.embedded() : try StubRendering()
  }

  private func request(_ test: Case, to target: LoadTarget) throws -> [UInt8] {
    var members = #""size":"64x64","num_steps":6"#
    if test.isStreamed { members += #","stream":true,"partial_images":3"# }
    if test.isEdit {
      let image = Data(try TestImage.png(width: 64, height: 64)).base64EncodedString()
      members += #","image":"\#(image)""#
    }
    let body = Array(TestSite.document(members).utf8)
    let path = test.isEdit ? TestSite.edits : TestSite.generations
    return target.post(path, "application/json", byteCount: body.count) + body
  }

  @Test(arguments: Case.all)
  func `a client that leaves stops its render within a block and frees its slot`(
    test: Case
  ) async throws {
    let gated = GatedRendering(try rendering(test.isEmbedded), at: test.gate)
    let renders = RenderService(capacity: 1, slots: 1)
    let undelivered = Mutex(0)
    let log = AccessLog { line in
      if line.contains(#""delivered":false"#) { undelivered.withLock { $0 += 1 } }
    }
    let service = Service(rendering: gated, renders: renders, keys: nil, log: log)
    let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: service)
    defer { server.stop() }
    guard case .tcp(_, let port) = server.address else { throw CancellationError() }
    let target = LoadTarget(port: port, token: "")
    let request = try request(test, to: target)

    for round in 1...Self.rounds {
      let stepsBefore = gated.stepsAfter
      let client = SocketClient(port: port)
      try #require(client.send(request))
      try #require(
        try await eventually { gated.heldCount == round }, "round \(round) never rendered")
      client.leave(SocketClient.Departure.allCases[round % SocketClient.Departure.allCases.count])
      try #require(
        try await eventually { undelivered.withLock { $0 } == round },
        "round \(round): the server did not notice")
      gated.open()
      try #require(try await eventually { gated.endedCount == round }, "round \(round) did not end")
      try #require(
        try await eventually { renders.statistics.waiting + renders.statistics.running == 0 },
        "round \(round) kept its slot")
      #expect(gated.stepsAfter - stepsBefore <= 1, "round \(round) went on")
    }
  }
}
