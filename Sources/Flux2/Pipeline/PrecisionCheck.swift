import Synchronization
public import Tensors

/// The distance of a precision's results from those in float32.
public struct PrecisionDistance: Sendable {
  private var product = 0.0
  private var exactSquare = 0.0
  private var otherSquare = 0.0
  private var differenceSquare = 0.0
  /// The squares of each channel, the last axis.
  private var channels: [(exact: Double, difference: Double)] = []

  /// Cosine of the angle between both, 1 for the same direction.
  public var cosine: Double {
    exactSquare > 0 && otherSquare > 0 ? product / (exactSquare * otherSquare).squareRoot() : 1
  }

  /// The length of the difference over that of the float32 result.
  public var relativeError: Double {
    exactSquare > 0 ? (differenceSquare / exactSquare).squareRoot() : 0
  }

  /// The same of each channel for itself, root mean square over the channels: large channels do not hide what
  /// the others lose.
  public var channelError: Double {
    let errors = channels.filter { $0.exact > 0 }.map { $0.difference / $0.exact }
    return errors.isEmpty ? 0 : (errors.reduce(0, +) / Double(errors.count)).squareRoot()
  }

  /// The distance of nothing.
  package init() {}

  /// Takes more results into account.
  package mutating func add(_ other: Tensor, exact: Tensor) {
    let count = exact.columns
    if channels.isEmpty { channels = Array(repeating: (0, 0), count: count) }
    for index in exact.elements.indices {
      let (other, exact) = (Double(other.elements[index]), Double(exact.elements[index]))
      let difference = (other - exact) * (other - exact)
      product += other * exact
      otherSquare += other * other
      channels[index % count].exact += exact * exact
      channels[index % count].difference += difference
    }
    exactSquare = channels.reduce(0) { $0 + $1.exact }
    differenceSquare = channels.reduce(0) { $0 + $1.difference }
  }

  /// The distance between two tensors.
  package static func between(_ other: Tensor, exact: Tensor) -> PrecisionDistance {
    var distance = PrecisionDistance()
    distance.add(other, exact: exact)
    return distance
  }
}

/// Measures what a precision costs a model: each layer on the inputs that it has in float32, and the model as a
/// whole.
public struct PrecisionCheck: Sendable {
  /// A layer or a result, with its distance.
  public struct Entry: Sendable {
    /// The layer's name in the model, or what the result is.
    public let name: String
    /// Its distance.
    public let distance: PrecisionDistance
  }

  /// The distances of the layers of both networks, in the order in which they are applied.
  public let layers: [Entry]
  /// The embedded prompt, the velocity of the first step from float32's prompt, and from its own.
  public let results: [Entry]

  /// Renders one step in float32 and in a precision.
  /// - Parameters:
  ///   - files: The model.
  ///   - precision: The precision to compare with float32.
  ///   - products: The provider of its products; float32's are Iris' own.
  ///   - threadCount: The number of threads that compute.
  ///   - preparedDirectory: The cache of prepared weights; nil to look for none.
  ///   - request: The prompt and the size; references have no effect.
  ///   - progress: Called with a name and the done share of all work; ends the check by throwing.
  public init(
    _ files: ModelFiles, _ precision: PrecisionMode, _ products: ProductChoice, threadCount: Int,
    preparedDirectory: String?, request: PipelineRequest,
    progress: (String, Double) throws -> Void = { _, _ in }
  ) throws {
    let device = Device(threadCount: threadCount, products: products)
    let other = try Pipeline(
      files, device: device, precision: precision, preparedDirectory: preparedDirectory)
    let observer = LayerComparison(other.model, device, exact: Device(threadCount: threadCount))
    let exact = try Pipeline(
      files,
      device: Device(threadCount: threadCount) { x, weight in observer.compare(x, weight) })
    observer.watch(exact.model)
    let blocks = Double(
      2 * exact.model.textEncoder.layers.count + 3 * exact.model.transformer.blockCount)
    var done = 0.0
    func count(_ name: String) throws {
      done += 1
      try progress(name, done / blocks)
    }
    let geometry = exact.geometry(of: request)
    let schedule = exact.schedule(for: request, geometry)
    let noise = exact.noise(for: geometry, seed: request.seed)
    func prompt(_ pipeline: Pipeline) throws -> GuidedPrompt {
      GuidedPrompt(
        conditional: try pipeline.encodePrompt(
          request.prompt, blockDone: { try count("the prompt") }),
        unconditional: nil, scale: 1)
    }
    func velocity(_ pipeline: Pipeline, _ prompt: GuidedPrompt) throws -> Tensor {
      try pipeline.velocity(
        of: noise, at: schedule.steps.first?.timestep ?? 1,
        pipeline.condition(prompt, [], geometry, schedule, adapters: []),
        blockDone: { try count("the velocity") })
    }
    let (exactPrompt, otherPrompt) = (try prompt(exact), try prompt(other))
    let exactVelocity = try velocity(exact, exactPrompt)
    results = [
      Entry(
        name: "prompt embedding",
        distance: .between(
          otherPrompt.conditional.hiddenStates, exact: exactPrompt.conditional.hiddenStates)),
      Entry(
        name: "velocity",
        distance: .between(try velocity(other, exactPrompt), exact: exactVelocity)),
      Entry(
        name: "velocity, with its prompt",
        distance: .between(try velocity(other, otherPrompt), exact: exactVelocity)),
    ]
    layers = observer.entries
  }
}

/// Applies the other precision's weight to the input of each watched layer.
private final class LayerComparison: Sendable {
  private struct State {
    /// The layers' numbers by the address of their float32 weights.
    var numbers: [UInt: Int] = [:]
    var distances: [PrecisionDistance]
  }

  private let device: Device
  /// Computes in float32; not the device that is observed, which would observe that too.
  private let exactDevice: Device
  private let others: [(name: String, weight: WeightTensor)]
  private let state: Mutex<State>

  init(_ other: Model, _ device: Device, exact exactDevice: Device) {
    self.device = device
    self.exactDevice = exactDevice
    others = other.blockWeights
    state = Mutex(State(distances: Array(repeating: PrecisionDistance(), count: others.count)))
  }

  var entries: [PrecisionCheck.Entry] {
    let distances = state.withLock { $0.distances }
    return zip(others, distances).map { PrecisionCheck.Entry(name: $0.name, distance: $1) }
  }

  /// Compares the layers of a model from now on.
  func watch(_ exact: Model) {
    let addresses = exact.blockWeights.map(\.weight.address)
    state.withLock { state in
      for (number, address) in addresses.enumerated() { state.numbers[address] = number }
    }
  }

  func compare(_ x: TensorView, _ weight: WeightTensor) {
    guard let number = state.withLock({ $0.numbers[weight.address] }) else { return }
    let exact = exactDevice.linear(x, weight)
    // Of the last block only the rows that are read are multiplied, from the first on.
    let other = device.linear(x, others[number].weight.rows(0..<weight.shape[0]))
    state.withLock { $0.distances[number].add(other, exact: exact) }
  }
}
