import Flux2
import Imaging
import Tensors
import TestSupport
import Testing

/// Nothing is computed twice: counted in multiplications and blocks.
@Suite struct WorkOnceTests {
  private let device = Device(threadCount: 2)
  private let pipeline: Pipeline
  private let request = PipelineRequest(
    prompt: "a red fox", width: 64, height: 96, seed: 3, stepCount: 3)

  init() throws { pipeline = try Pipeline(fabricated: .tiny, device: device) }

  private var transformer: Transformer { pipeline.model.transformer }

  /// Returns the multiplications of linear layers that `body` did.
  private func count(_ body: () throws -> Void) rethrows -> Int {
    let before = device.multiplicationCount
    try body()
    return device.multiplicationCount - before
  }

  private func conditioning(timesteps: [Float] = []) throws -> Conditioning {
    transformer.condition(
      prompt: try pipeline.encodePrompt("a red fox").hiddenStates,
      grid: pipeline.geometry(of: request).grid, references: [], adapters: [],
      timesteps: timesteps, on: device)
  }

  @Test func `the last block computes the rows that are read, and the same values`() throws {
    let conditioning = try conditioning()
    let noise = pipeline.noise(for: pipeline.geometry(of: request), seed: 1)
    let modulation = transformer.modulation(at: 1, conditioning, on: device)
    let block = transformer.singleBlocks[0]
    var whole = transformer.stream(noise, conditioning, on: device)
    var part = whole
    let (rows, text) = (whole.hidden.rows, conditioning.rotary.cosines.rows - noise.rows)
    let all = count { block.apply(to: &whole, modulation, rows: 0..<rows) }
    let some = count { block.apply(to: &part, modulation, rows: text..<rows) }
    let target = text..<rows
    #expect(part.hidden.rows(target) == whole.hidden.rows(target))
    let (hidden, inner) = (256, 768)
    // Of the text there are keys and values, and neither queries, MLP nor output.
    #expect(all - some == text * hidden * (hidden + 2 * inner + hidden + inner))
  }

  @Test func `a schedule's modulation is computed before its steps, not in them`() throws {
    let levels: [Float] = [1, 0.75, 0.5]
    let noise = pipeline.noise(for: pipeline.geometry(of: request), seed: 1)
    let (ahead, none) = (try conditioning(timesteps: levels), try conditioning())
    var velocities: [Tensor] = []
    func velocity(_ conditioning: Conditioning) throws -> Int {
      try count {
        velocities.append(
          try transformer.velocity(of: noise, at: 0.75, conditioning, on: device))
      }
    }
    let hidden = 256
    let layers = (6 + 6 + 3 + 2 + 1) * hidden * hidden + 256 * hidden
    #expect(try velocity(none) - velocity(ahead) == layers)
    #expect(velocities[0] == velocities[1])
  }

  @Test func `guidance embeds another prompt, and nothing else, for its second pass`() throws {
    var guided = request
    guided.guidanceScale = 2
    let geometry = pipeline.geometry(of: request)
    let schedule = pipeline.schedule(for: request, geometry)
    func conditions(_ request: PipelineRequest) throws -> Int {
      let prompts = try pipeline.encodePrompts(of: request)
      return count {
        _ = pipeline.condition(prompts, [], geometry, schedule, adapters: [])
      }
    }
    let length = 512
    #expect(try conditions(guided) - conditions(request) == length * 3 * 256 * 256)
  }

  @Test func `padding that no row sees has neither keys nor values`() throws {
    let encoder = pipeline.model.textEncoder
    let shape = encoder.configuration
    let (length, tokens) = (64, 20)
    let ids = [Int32](repeating: 7, count: length)
    func encodes(_ tokens: Int) throws -> Int {
      try count { _ = try encoder.encode(ids, count: tokens, on: device) }
    }
    let width = 2 * shape.keyValueHeadCount * shape.headDim
    let spared = (length - tokens) * shape.hiddenSize * width * (encoder.outputs.max() ?? 0)
    let counted = try encodes(length) - encodes(tokens)
    #expect(counted == spared && spared > 0)
  }

  @Test(arguments: [
    // In its own size the source is its own reference; enlarged it is not.
    (64, 1), (128, 2),
  ])
  func `a source that is also its reference is encoded once`(
    side: Int, expected: Int
  ) throws {
    var edit = PipelineRequest(
      prompt: "a red fox", width: side, height: side, seed: 3, stepCount: 2)
    edit.references = [.gradient(width: 64, height: 64)]
    edit.strength = 0.5
    var encoded = 0
    _ = try pipeline.render(edit) { progress in
      if progress.stage == .encodingReferences { encoded = max(encoded, progress.step) }
    }
    #expect(encoded == expected)
  }
}
