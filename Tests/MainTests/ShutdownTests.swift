import Foundation
import LoadSupport
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ShutdownTests {
  /// The service, and where to reach it.
  private func start(
    _ program: IrisProgram, drainWait: String
  ) throws -> (RunningService, LoadTarget) {
    let service = try RunningService(program, "--no-auth", "--drain-wait", drainWait)
    let port = service.address.split(separator: ":").last.flatMap { UInt16($0) }
    return (service, LoadTarget(port: try #require(port), token: ""))
  }

  /// Waits until so many renders wait behind the one that runs.
  private func wait(for service: RunningService, queueDepth: Int) async throws {
    let metrics = try await service.metricsURL()
    let isReached = try await eventually {
      let text = try await service.get(metrics).body
      return text.contains("\niris_queue_depth \(queueDepth)\n")
        && text.contains("\niris_renders_running 1\n")
    }
    try #require(isReached, "\(queueDepth) renders never waited")
  }

  @Test func `every request accepted before the signal is answered, new ones are refused`()
    async throws
  {
    let program = try IrisProgram()
    let (service, target) = try start(program, drainWait: "10")
    let request = target.generation(steps: 20, side: 128)
    // The slowest comes first, so that the others still wait when the signal comes.
    let slow = target.generation(steps: 50, side: 640, #","stream":true"#)
    async let streamed = Blocking.run {
      let client = SocketClient(port: target.port)
      client.send(slow)
      return client.receiveAll()
    }
    try await wait(for: service, queueDepth: 0)
    async let replies = Blocking.run(count: 20) { _ in
      SocketClient(port: target.port).exchange(request)
    }
    try await wait(for: service, queueDepth: 20)
    let uploading = SocketClient(port: target.port)
    uploading.send(Array(request.dropLast(10)))
    let idle = SocketClient(port: target.port)
    #expect(idle.exchange(LoadTarget.health)?.status == 200)

    service.signal(SIGTERM)
    let isUnready = try await eventually {
      let status = await Blocking.run {
        SocketClient(port: target.port).exchange(LoadTarget.readiness)?.status
      }
      try #require(
        status == 200 || status == 503, "it stopped to listen before it said that it is not ready")
      return status == 503
    }
    try #require(isUnready)
    let refused = await Blocking.run {
      [SocketClient(port: target.port), idle].map { $0.exchange(request)?.status }
    }
    #expect(refused == [503, 503])
    #expect(service.process.isRunning)
    uploading.send(Array(request.suffix(10)))
    #expect(await Blocking.run { uploading.receiveReply()?.status } == 200)
    #expect(await replies.map { $0?.status } == [Int](repeating: 200, count: 20))
    #expect(await streamed.contains("image_generation.completed"))
    service.process.waitUntilExit()
    #expect(service.process.terminationReason == .exit && service.process.terminationStatus == 0)
    #expect(try service.log.contains("every accepted request was answered"))
    #expect(SocketClient(port: target.port).exchange(LoadTarget.health) == nil)
  }

  @Test func `a second signal does not wait for renders`() async throws {
    let program = try IrisProgram()
    let (service, target) = try start(program, drainWait: "0")
    let request = target.generation(steps: 50, side: 960, #","guidance_scale":2"#)
    async let replies = Blocking.run(count: 5) { _ in
      SocketClient(port: target.port).exchange(request)
    }
    try await wait(for: service, queueDepth: 4)
    service.signal(SIGTERM)
    let isDraining = try await eventually {
      SocketClient(port: target.port).exchange(LoadTarget.readiness)?.status != 200
    }
    #expect(isDraining)
    #expect(service.process.isRunning)
    service.signal(SIGTERM)
    service.process.waitUntilExit()
    #expect(service.process.terminationReason == .uncaughtSignal)
    #expect(await replies.contains { $0 == nil }, "it ended, but only after all renders")
  }
}
