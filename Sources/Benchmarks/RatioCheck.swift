import Flux2
import FoundationEssentials
import Glibc
import JSON
import Measurement
import Tensors
import Text

/// Compares the cost of small operations with recorded ones, so that a change that makes something much slower
/// is seen.
///
/// A cost is the best processor time of several runs divided by that of a product in the same second, so that
/// it depends on the machine's speed and load as little as possible. What moves more memory than it computes
/// is left out: its cost differs between processors of one family.
struct RatioCheck {
  /// A cost may be so many times the recorded one; less is noise on a machine that does other work.
  private static let tolerance = 1.5
  /// Rounds of measurements; those that fail are measured as often again, twice.
  private static let (roundCount, attemptCount) = (12, 3)

  /// An operation to measure.
  private struct Operation {
    let name: String
    let run: () throws -> Void
  }

  private let device = Device(threadCount: 1)
  private let path: String
  private let isRecording: Bool

  /// - Parameter arguments: The file of recorded costs, and `--record` to replace this machine's.
  init(_ arguments: ArraySlice<String>) {
    path = arguments.first { $0 != "--record" } ?? "Sources/Benchmarks/ratios.json"
    isRecording = arguments.contains("--record")
  }

  /// What costs differ by, the instruction sets and the processor's family: `avx512+bfloat16+int8 AuthenticAMD 25`.
  ///
  /// Families with the same instructions have more or fewer units for bfloat16 and int8 beside those for float32.
  private var key: String {
    let sets =
      [Device.instructionSet] + [Precision.bfloat16, .int8].filter(\.isNative).map(\.rawValue)
    return ([sets.joined(separator: "+")] + Self.family).joined(separator: " ")
  }

  /// Vendor and family of the first processor; empty where the system names none.
  private static var family: [String] {
    let text =
      FileManager.default.contents(atPath: "/proc/cpuinfo")
      .map { String(decoding: $0, as: UTF8.self) } ?? ""
    return ["vendor_id", "cpu family"].compactMap { name in
      text.split(separator: "\n").first { $0.hasPrefix(name) }?
        .split(separator: ":").last.map { $0.filter { $0 != " " && $0 != "\t" } }
    }
  }

  /// Measures and compares.
  /// - Returns: False if an operation is too slow.
  func run() throws -> Bool {
    var recorded = try recordedCosts()
    guard let expected = recorded[key], !isRecording else {
      guard isRecording else {
        print(
          "NOT TESTED: \(path) has no costs for \(key); bench ratios \(path) --record adds them")
        return true
      }
      recorded[key] = try Dictionary(
        uniqueKeysWithValues: operations().map { ($0.name, try cost(of: $0)) })
      try write(recorded)
      return true
    }
    var isFast = true
    for operation in try operations() {
      let cost = try cost(
        of: operation, below: expected[operation.name].map { $0 * Self.tolerance })
      guard let usual = expected[operation.name] else {
        print(
          "NOT TESTED: \(operation.name) costs \(Self.text(cost)) products, and none is recorded")
        continue
      }
      let isSlow = cost > usual * Self.tolerance
      isFast = isFast && !isSlow
      print(
        "\(isSlow ? "TOO SLOW" : "ok"): \(operation.name) costs \(Self.text(cost)) products, "
          + "recorded are \(Self.text(usual))")
    }
    return isFast
  }

  private func operations() throws -> [Operation] {
    var operations = Precision.allCases.filter(\.isNative).map { precision in
      let weight = random(768, 512)
      let stored =
        precision == .int8 ? device.quantize(weight) : weight.computed(in: precision)
      let x = random(256, 512).widened()
      return Operation(name: "\(precision) product 256x768x512") { _ = device.linear(x, stored) }
    }
    let q = random(512, 256).widened()
    operations.append(
      Operation(name: "attention of 512 tokens, 4x64") {
        _ = device.attention(q, q, q, heads: HeadLayout(count: 4, headDim: 64))
      })
    for (side, channels) in [(64, 32), (128, 16)] {
      let x = Tensor(
        shape: [side, side, channels], elements: random(side * side, channels).widened().elements)
      let weight = random(channels, channels * 9).reshaped([channels, channels, 3, 3])
      let kernel = ConvolutionKernel(weight: weight, bias: nil)
      operations.append(
        Operation(name: "convolution \(side)x\(side), \(channels) channels") {
          _ = device.convolution(x, kernel)
        })
    }
    return operations + (try stages())
  }

  /// The parts of a render of the tiny shape.
  private func stages() throws -> [Operation] {
    let pipeline = try Pipeline(fabricated: .tiny, device: device)
    let request = PipelineRequest(prompt: "a fox", width: 128, height: 128, seed: 1, stepCount: 1)
    let geometry = pipeline.geometry(of: request)
    let schedule = pipeline.schedule(for: request, geometry)
    let prompt = try pipeline.encodePrompts(of: request)
    let conditions = pipeline.condition(prompt, [], geometry, schedule, adapters: [])
    let noise = pipeline.noise(for: geometry, seed: 1)
    return [
      Operation(name: "prompt of the tiny shape") { _ = try pipeline.encodePrompts(of: request) },
      Operation(name: "step of the tiny shape, 128x128") {
        var latents = noise
        for step in schedule.steps { try pipeline.denoise(&latents, step, conditions) }
      },
      Operation(name: "decoding of the tiny shape, 128x128") {
        _ = try pipeline.decode(noise, geometry)
      },
    ]
  }

  /// Returns the cost of an operation in products.
  /// - Parameter limit: More is measured again.
  private func cost(of operation: Operation, below limit: Double? = nil) throws -> Double {
    let (x, weight) = (random(512, 512).widened(), random(512, 512))
    var (best, product) = (Double.infinity, Double.infinity)
    for _ in 0..<Self.attemptCount {
      for _ in 0..<Self.roundCount {
        product = min(product, Self.processorSeconds { _ = device.linear(x, weight) })
        best = min(best, try Self.processorSeconds(operation.run))
      }
      if best / product <= limit ?? .infinity { break }
    }
    return best / product
  }

  /// Returns the seconds of this thread, which computes alone.
  private static func processorSeconds(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
      var time = timespec()
      unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    let start = now()
    try body()
    return now() - start
  }

  private func random(_ rows: Int, _ columns: Int) -> WeightTensor {
    let matrix = RandomMatrix(
      key: 1, rowScales: [Float](repeating: 1, count: rows),
      columnScales: [Float](repeating: 1, count: columns))
    return device.draw([matrix], shape: [rows, columns])
  }

  private static func text(_ cost: Double) -> String { "\((cost * 1000).rounded() / 1000)" }
}

/// The file of recorded costs: for each set of instructions the cost of each operation.
extension RatioCheck {
  private func recordedCosts() throws -> [String: [String: Double]] {
    guard let data = FileManager.default.contents(atPath: path),
      case .object(let sets) = try JSONValue([UInt8](data))
    else { return [:] }
    var costs: [String: [String: Double]] = [:]
    for set in sets.members {
      guard case .object(let operations) = set.value else { continue }
      for operation in operations.members {
        guard case .number(let number) = operation.value else { continue }
        costs["\(set.name)", default: [:]]["\(operation.name)"] = number.double
      }
    }
    return costs
  }

  private func write(_ costs: [String: [String: Double]]) throws {
    let sets = costs.sorted { $0.key < $1.key }.map { key, operations in
      (
        key,
        JSONValue.object(
          operations.sorted { $0.key < $1.key }.map {
            ($0.key, .number(($0.value * 1000).rounded() / 1000))
          })
      )
    }
    try Data((JSONValue.object(sets).text(.indented) + "\n").utf8).write(to: URL(filePath: path))
  }
}
