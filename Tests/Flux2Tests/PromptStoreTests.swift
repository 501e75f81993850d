import Flux2
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing

@Suite struct PromptStoreTests {
  private let folder: TemporaryFolder
  private let device = Device(threadCount: 2)
  private let request = PipelineRequest(
    prompt: "a red fox", width: 64, height: 64, seed: 3, stepCount: 1)

  init() throws { folder = try TemporaryFolder() }

  private func store(
    byteLimit: Int = 1 << 30, version: String = "1", smallestEncoder: Int = 0
  ) -> PromptStore {
    PromptStore(
      directory: folder.path("prompts"), byteLimit: byteLimit, version: version,
      smallestEncoder: smallestEncoder)
  }

  private func pipeline(
    _ store: PromptStore?, model: Int = 0, precision: PrecisionMode = .float32,
    products: ProductProvider = .iris
  ) throws -> Pipeline {
    try Pipeline(
      .directory(ReferenceModel.all[model].directory),
      device: Device(threadCount: 2, products: ProductChoice(products)), precision: precision,
      promptStore: store)
  }

  /// Returns the layers of the text encoder that a render runs, and its image.
  private func layers(
    _ pipeline: Pipeline, prompt: String = "a red fox", adapters: [WeightedAdapter] = []
  ) throws -> (count: Int, raster: Raster) {
    var (count, request) = (0, request)
    request.prompt = prompt
    request.adapters = adapters
    let result = try pipeline.render(request) { progress in
      if progress.stage == .encodingPrompt, progress.block > 0 { count += 1 }
    }
    return (count, result.raster)
  }

  private var files: [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path("prompts"))
    return (names ?? []).sorted()
  }

  @Test func `a prompt of an earlier process runs no layer and gives the same image`() throws {
    let expected = try layers(pipeline(nil))
    #expect(expected.count == 27)
    let first = try layers(pipeline(store()))
    #expect(first.count == 27 && first.raster == expected.raster)
    let second = try layers(pipeline(store()))
    #expect(second.count == 0 && second.raster == expected.raster)
    #expect(files.count == 1 && files[0].hasSuffix(".prompt"))
    #expect(try layers(pipeline(store()), prompt: "a blue fox").count == 27)
    #expect(files.count == 2)
  }

  @Test func `what an adapter makes of the text encoder is kept apart, by its strength`() throws {
    func run(_ strength: Float) throws -> (count: Int, raster: Raster) {
      let pipeline = try pipeline(store())
      let file = Fixture.path("\(AdapterKind.folder)/text_encoder.safetensors")
      return try layers(
        pipeline,
        adapters: [WeightedAdapter(adapter: pipeline.loadAdapter(file: file), strength: strength)])
    }
    let plain = try layers(pipeline(store()))
    #expect(try run(0).count == 0)
    let changed = try run(0.8)
    #expect(changed.count == 27 && changed.raster != plain.raster)
    let again = try run(0.8)
    #expect(again.count == 0 && again.raster == changed.raster)
    #expect(try run(0.5).count == 27 && files.count == 3)
  }

  @Test func `what another provider multiplied is not read`() throws {
    let own = try layers(pipeline(store()))
    let other = try layers(pipeline(store(), products: .openblas))
    #expect(own.count == 27 && other.count == 27 && files.count == 2)
    #expect(try layers(pipeline(store(), products: .openblas)).count == 0)
  }

  @Test func `another model, precision or version embeds anew`() throws {
    _ = try layers(pipeline(store()))
    #expect(try layers(pipeline(store(), model: 1)).count > 0)
    #expect(try layers(pipeline(store(), precision: .bfloat16)).count == 27)
    #expect(try layers(pipeline(store(version: "2"))).count == 27)
    #expect(files.count == 4)
  }

  @Test(
    arguments: [
      { Data($0.dropLast()) },
      {
        var data = $0
        data[data.count / 2] ^= 1
        return data
      },
      {
        var data = $0
        data[0] ^= 1
        return data
      },
      { _ in Data() },
      { $0 + Data([0]) },
    ] as [@Sendable (Data) -> Data])
  func `a file that is not what it was is written anew`(damage: @Sendable (Data) -> Data) throws {
    let expected = try layers(pipeline(store())).raster
    let file = folder.url("prompts").appending(path: try #require(files.first))
    let whole = try Data(contentsOf: file)
    try damage(whole).write(to: file)
    let again = try layers(pipeline(store()))
    #expect(again.count == 27 && again.raster == expected)
    #expect(try Data(contentsOf: file) == whole)
  }

  @Test func `folder and files are their owner's alone`() throws {
    _ = try layers(pipeline(store()))
    func mode(_ path: String) throws -> Int? {
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      return (attributes[.posixPermissions] as? NSNumber)?.intValue
    }
    #expect(try mode(folder.path("prompts")) == 0o700)
    #expect(try mode(folder.path("prompts/" + #require(files.first))) == 0o600)
  }

  @Test func `the prompts used longest ago make room`() throws {
    _ = try layers(pipeline(store()), prompt: "one")
    let size = try Data(
      contentsOf: folder.url("prompts").appending(path: try #require(files.first))
    ).count
    let small = store(byteLimit: 2 * size)
    _ = try layers(pipeline(small), prompt: "two")
    #expect(try layers(pipeline(small), prompt: "one").count == 0, "it was used again")
    _ = try layers(pipeline(small), prompt: "three")
    #expect(files.count == 2)
    #expect(try layers(pipeline(small), prompt: "one").count == 0)
    #expect(try layers(pipeline(small), prompt: "two").count == 27)
  }

  @Test func `a small encoder, and a folder that cannot be written, keep nothing`() throws {
    let usual = store(smallestEncoder: PromptStore.smallestEncoder)
    #expect(try layers(pipeline(usual)).count == 27 && files.isEmpty)
    try folder.write("a file", to: "prompts")
    #expect(try layers(pipeline(store())).count == 27)
    #expect(try layers(pipeline(store())).count == 27)
  }

  /// The page table says which pages of the file this process has read.
  @Test func `text layers behind the last one used are never read`() throws {
    let directory = folder.path("model")
    try ModelFabricator(.tiny).write(to: directory, on: device)
    let pipeline = try Pipeline(.directory(directory), device: device)
    _ = try layers(pipeline)
    let pages = try MappedPages(of: "\(directory)/text_encoder/model.safetensors")
    // The last fifth of the layers, whose first pages are mapped with those before them.
    let unread = pages.present.suffix(pages.present.count / 8)
    #expect(unread.count > 200 && !unread.contains(true))
    #expect(pages.present.prefix(pages.present.count / 2).count { $0 } > 200)
    withExtendedLifetime(pipeline) {}
  }
}

/// The pages of a mapped file that are in this process's page table.
private struct MappedPages {
  /// One value for each page of the file.
  let present: [Bool]

  init(of path: String) throws {
    // Foundation's other ways to read a file take the first page of this one for all of it.
    let maps =
      try FileHandle(forReadingFrom: URL(filePath: "/proc/self/maps")).readToEnd()
      .map { String(decoding: $0, as: UTF8.self) } ?? ""
    let line = try #require(maps.split(separator: "\n").first { $0.hasSuffix(path) })
    let bounds = try #require(line.split(separator: " ").first).split(separator: "-")
    let addresses = try bounds.map { try #require(Int($0, radix: 16)) }
    let handle = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/pagemap"))
    try handle.seek(toOffset: UInt64(addresses[0] / 4096 * 8))
    let entries = try #require(
      try handle.read(upToCount: (addresses[1] - addresses[0]) / 4096 * 8))
    // Bit 63 of a page's little-endian word (Linux, Documentation/admin-guide/mm/pagemap.rst).
    present = stride(from: 7, to: entries.count, by: 8).map { entries[$0] & 0x80 != 0 }
  }
}
