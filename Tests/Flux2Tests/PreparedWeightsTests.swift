import Flux2
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing

@Suite struct PreparedWeightsTests {
  private struct Interruption: Error {}

  private static func fabricate(_ folder: TemporaryFolder) throws -> ModelFiles {
    let directory = folder.path("model")
    try ModelFabricator(.tiny).write(to: directory, on: .forTests)
    return .directory(directory)
  }

  private static func render(
    _ files: ModelFiles, precision: PrecisionMode = .int8, threads: Int = 2, cache: String? = nil
  ) throws -> (pixels: [UInt8], choice: PrecisionChoice) {
    let pipeline = try Pipeline(
      files, device: Device(threadCount: threads), precision: precision, preparedDirectory: cache)
    let request = PipelineRequest(prompt: "a fox", width: 64, height: 64, seed: 1, stepCount: 2)
    return (try pipeline.render(request, progress: { _ in }).raster.pixels, pipeline.precision)
  }

  @Test func `prepared weights give the same image as those quantised while loading`() throws {
    let folder = try TemporaryFolder()
    let files = try Self.fabricate(folder)
    let cache = folder.path("cache")
    let plain = try Self.render(files, cache: cache)
    #expect(plain.choice.note.contains("iris model prepare"))
    let preparer = try WeightPreparer(files, directory: cache)
    #expect(!preparer.isUpToDate(in: cache))
    try preparer.write(on: .forTests)
    #expect(preparer.isUpToDate(in: cache))
    let prepared = try Self.render(files, cache: cache)
    #expect(prepared.choice.note == "with prepared weights")
    #expect(prepared.pixels == plain.pixels)
  }

  @Test func `prepared weights of another state of the files are not used`() throws {
    let folder = try TemporaryFolder()
    let files = try Self.fabricate(folder)
    let cache = folder.path("cache")
    try WeightPreparer(files, directory: cache).write(on: .forTests)
    let weights = folder.path("model/transformer/diffusion_pytorch_model.safetensors")
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: weights)
    let (pixels, choice) = try Self.render(files, cache: cache)
    #expect(choice.note.contains("another state"))
    #expect(try pixels == Self.render(files).pixels)
    let preparer = try WeightPreparer(files, directory: cache)
    #expect(!preparer.isUpToDate(in: cache))
    try preparer.write(on: .forTests)
    #expect(preparer.isUpToDate(in: cache))
  }

  @Test func `a damaged file of prepared weights is named and not used`() throws {
    let folder = try TemporaryFolder()
    let files = try Self.fabricate(folder)
    let preparer = try WeightPreparer(files, directory: folder.path("cache"))
    try preparer.write(on: .forTests)
    let whole = try Data(contentsOf: URL(filePath: preparer.path))
    try whole.prefix(whole.count / 2).write(to: URL(filePath: preparer.path))
    let (pixels, choice) = try Self.render(files, cache: folder.path("cache"))
    #expect(choice.note.contains(preparer.path))
    #expect(try pixels == Self.render(files).pixels)
  }

  @Test func `an interrupted preparation leaves nothing`() throws {
    let folder = try TemporaryFolder()
    let files = try Self.fabricate(folder)
    let preparer = try WeightPreparer(files, directory: folder.path("cache"))
    #expect(throws: Interruption.self) {
      try preparer.write(on: .forTests) { if $1 > 0.5 { throw Interruption() } }
    }
    #expect(try Self.names(folder).isEmpty)
  }

  private static func names(_ folder: TemporaryFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path("cache/prepared")).sorted()
  }

  @Test func `the search for outliers reports its progress, and can be ended and taken up again`()
    throws
  {
    let folder = try TemporaryFolder()
    let files = try Self.fabricate(folder)
    let cache = folder.path("cache")
    let preparer = try WeightPreparer(files, directory: cache)
    #expect(throws: Interruption.self) {
      try preparer.write(on: .forTests) { stage, share in
        if stage == .findingOutliers, share > 0.5 { throw Interruption() }
      }
    }
    #expect(try Self.names(folder).count == 1 && !preparer.isUpToDate(in: cache))

    var shares: [Double] = []
    try preparer.write(on: .forTests) { stage, share in
      #expect(stage == .findingOutliers, "the quantised weights were whole")
      shares.append(share)
    }
    #expect(shares.count > 5 && shares == shares.sorted() && shares.last == 1)
    #expect(try Self.names(folder).count == 2 && preparer.isUpToDate(in: cache))
  }

  @Test func `what a killed preparation left is removed by the next, and by a start`() throws {
    let folder = try TemporaryFolder()
    let files = try Self.fabricate(folder)
    let cache = folder.path("cache")
    // The number of a process that has ended, and this one's; the first process is always there.
    let ended = Process()
    ended.executableURL = URL(filePath: "/bin/true")
    try ended.run()
    ended.waitUntilExit()
    let abandoned = [ended.processIdentifier, getpid()].map { "a-int8.safetensors.part-\($0)" }
    let running = "a-int8.safetensors.part-1"
    func leave() throws {
      for name in abandoned + [running] { try folder.write("half", to: "cache/prepared/\(name)") }
    }
    try leave()
    _ = try Self.render(files, cache: cache)
    #expect(try Self.names(folder) == [running])
    try leave()
    try WeightPreparer(files, directory: cache).write(on: .forTests)
    #expect(try Self.names(folder).filter { $0.contains(".part-") } == [running])
  }

  @Test(arguments: [PrecisionMode.bfloat16, .int8])
  func `the number of threads changes no pixel in any precision`(precision: PrecisionMode) throws {
    let folder = try TemporaryFolder()
    let files = try Self.fabricate(folder)
    let one = try Self.render(files, precision: precision, threads: 1).pixels
    #expect(try Self.render(files, precision: precision, threads: 2).pixels == one)
    #expect(try Self.render(files, precision: precision, threads: 3).pixels == one)
  }
}
