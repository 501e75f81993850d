import Foundation
import Main
import Testing

@Suite struct ServiceMemoryTests {
  @Test func `renders give way to quantised weights, but for the least that they need`() {
    func memory(weights: Int) -> ServiceMemory {
      var memory = ServiceMemory(
        renders: 500, bodies: 100, cache: 50, copiedWeights: weights, machine: 1000)
      memory.fit(minimum: 64)
      return memory
    }
    #expect(memory(weights: 350).renders == 500 && memory(weights: 350).excess == 0)
    #expect(memory(weights: 600).renders == 250 && memory(weights: 600).excess == 0)
    #expect(memory(weights: 2000).renders == 64 && memory(weights: 2000).excess == 1214)
  }

  @Test(arguments: [("int8", 1), ("float32", 0)])
  func `a service whose memory leaves no room for quantised weights says so`(
    precision: String, count: Int
  ) throws {
    let program = try IrisProgram()
    let all = ProcessInfo.processInfo.physicalMemory >> 20
    let service = try RunningService(
      program, ["--no-auth", "--precision", precision, "--memory", "\(all)"],
      environment: ["XDG_CACHE_HOME": program.directory.path])
    let log = try service.log
    let lines = log.split(separator: "\n").filter {
      $0.contains("iris: warning: memory, bodies, cache and weights are")
        && $0.contains("iris model prepare")
    }
    #expect(lines.count == count, "\(log)")
    service.signal(SIGTERM)
    service.process.waitUntilExit()
  }
}
