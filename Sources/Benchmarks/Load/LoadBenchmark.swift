import Glibc
import LoadSupport

/// Measures the service under load: the whole service, keys included, in a separate process with a model
/// that sleeps, and clients in this process.
///
/// Reports the service's overhead: a request's time less the time that its render slept.
/// `bench load [seconds] [part …]`; the seconds are those of the steady load, the parts `steady`,
/// `burst`, `overload`, `heads`, `single`, `bodies`, `uploads`.
struct LoadBenchmark {
  private let seconds: Double
  private let parts: Set<String>

  init(_ arguments: ArraySlice<String>) {
    seconds = arguments.compactMap { Double($0) }.first ?? 60
    parts = Set(arguments.filter { Double($0) == nil })
  }

  func run() async throws {
    let all: [(name: String, run: () async throws -> Void)] = [
      ("single", single), ("steady", steady), ("burst", burst), ("overload", overload),
      ("heads", halfSentHeads), ("bodies", bodies), ("uploads", uploads),
    ]
    for part in all where parts.isEmpty || parts.contains(part.name) { try await part.run() }
  }

  /// One client, one request at a time.
  private func single() async throws {
    var options = SleepingService.Options()
    options.slots = 1
    options.stepSeconds = 0.025
    options.imageSide = 512
    var load = SteadyLoad()
    load.clients = 1
    load.idleClients = 0
    load.renderSeconds = 0.1
    load.seconds = seconds / 4
    try await Self.serving(options) { process in
      let report = await load.run(on: process.target)
      Self.print("one client, renders of 0.1 s, 1 MB answers", report.busy)
      Self.print("  added", report.added)
    }
  }

  private func steady() async throws {
    var load = SteadyLoad()
    load.seconds = seconds
    try await run(load, "200 in flight, staggered, renders of 2 s, 1 MB answers; 1,000 idle")
  }

  /// All requests are answered at the same moment, which no render thread could do.
  private func burst() async throws {
    var load = SteadyLoad()
    load.seconds = seconds / 4
    load.isStaggered = false
    try await run(load, "the same, all 200 at the same moment")
  }

  private func run(_ load: SteadyLoad, _ title: String) async throws {
    var options = SleepingService.Options()
    options.slots = load.clients
    options.stepSeconds = load.renderSeconds / Double(load.steps)
    options.imageSide = 512
    try await Self.serving(options) { process in
      let sampler = MemorySampler(process.memory)
      let report = await load.run(on: process.target)
      Self.print(title, "\(report.busy); idle \(report.idle)")
      Self.print("  added", report.added)
      Self.print("  resident early, middle, end", await sampler.end())
    }
  }

  private func overload() async throws {
    var options = SleepingService.Options()
    options.capacity = 8
    options.stepSeconds = 0.1
    options.imageSide = 512
    var load = Overload()
    load.seconds = seconds / 3
    try await Self.serving(options) { process in
      let sampler = MemorySampler(process.memory)
      let report = await load.run(on: process.target)
      Self.print("100 requests a second for 10 that can be served", report.tally)
      Self.print("  refused", "\(report.refused); \(report.wrongRefusals) not as they should be")
      let share = (report.usedShare * 100).rounded() / 100
      Self.print("  served", "\(report.served); \(share) of what was possible")
      Self.print("  resident early, middle, end", await sampler.end())
    }
  }

  private func halfSentHeads() async throws {
    let load = HalfSentHeads()
    var options = SleepingService.Options()
    options.slots = load.others.clients
    options.stepSeconds = load.others.renderSeconds
    try await Self.serving(options) { process in
      let report = await load.run(on: process.target)
      Self.print("\(load.count) half-sent heads", "\(report.cut) cut with 408")
      Self.print("  50 others", report.tally)
      Self.print("  added alone", report.alone)
      Self.print("  added beside them", report.beside)
    }
  }

  private func bodies() async throws {
    for (name, body) in [
      ("JSON", try EditBody.json(byteCount: 49 << 20)),
      ("form", try EditBody.form(byteCount: 49 << 20)),
    ] {
      try await Self.serving(SleepingService.Options()) { process in
        let before = process.memory.residentBytes >> 20
        let report = await LargeBodies(body).run(on: process.target)
        Self.print("20 edits, \(name) of \(body.bytes.count >> 20) MB", report.tally)
        Self.print("  sent and answered", report.whole)
        Self.print("  read, images decoded", try process.logged("read_ms"))
        let after = process.memory.residentBytes >> 20
        try await Task.sleep(for: .seconds(3))
        Self.print(
          "  resident",
          "\(before) MB before, \(after) after, \(process.memory.residentBytes >> 20) 3 s later, "
            + "\(process.memory.peakBytes >> 20) at most")
      }
    }
  }

  /// More uploads at once than there is memory for.
  private func uploads() async throws {
    var load = LargeBodies(try EditBody.json(byteCount: 49 << 20))
    load.clients = 64
    load.count = 1
    try await Self.serving(SleepingService.Options()) { process in
      let report = await load.run(on: process.target)
      Self.print("64 edits of 49 MB at once", report.tally)
      try await Task.sleep(for: .seconds(3))
      Self.print(
        "  resident",
        "\(process.memory.peakBytes >> 20) MB at most, \(process.memory.residentBytes >> 20) 3 s later"
      )
    }
  }

  private static func serving(
    _ options: SleepingService.Options, _ body: (ServiceProcess) async throws -> Void
  ) async throws {
    let process = try ServiceProcess(options)
    try await body(process)
    try process.end()
  }

  /// Prints and flushes, so that results are visible at once, even if the run is interrupted.
  private static func print(_ title: String, _ value: some CustomStringConvertible) {
    Swift.print("\(title): \(value)")
    fflush(nil)
  }
}
