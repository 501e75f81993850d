import Flux2
import Foundation
import Imaging
import Rendering
import TestSupport
import Testing

/// The goldens of the repository: what `iris golden check` does, one test for each.
@Suite struct GoldenRenderTests {
  /// A golden as a test's argument: a failure names it.
  struct Case: Sendable, CustomTestStringConvertible {
    let golden: Golden
    var testDescription: String { golden.id }
  }

  /// The model, loaded once, and what it renders.
  struct Studio: Sendable {
    let folder: GoldenFolder
    let registry: LoRARegistry
    let renderer: Renderer

    init() throws {
      folder = try GoldenFolder(path: Repository.path("goldens"))
      registry = try LoRARegistry(directory: Repository.path("loras"))
      renderer = try Renderer(
        model: .directory(Repository.path("models/iris-tiny")),
        threadCount: ProcessInfo.processInfo.activeProcessorCount)
    }
  }

  static let folder = Result { try GoldenFolder(path: Repository.path("goldens")) }
  static let studio = Result { try Studio() }
  static let sheets = GoldenSheets(path: nil)

  static var cases: [Case] {
    get throws { try folder.get().manifest.goldens.map { Case(golden: $0) } }
  }

  @Test(arguments: try cases)
  func `a render is what was recorded`(item: Case) throws {
    let studio = try Self.studio.get()
    let comparison = try studio.folder.compare(
      item.golden, registry: studio.registry, renderer: studio.renderer)
    guard case .failed(let reason) = comparison.verdict else { return }
    let sheet = try Self.sheets.write(comparison)
    Issue.record(
      """
      golden \(item.golden.id): worst \(comparison.difference?.maximum ?? 255), PSNR \
      \(comparison.difference?.psnr ?? 0) dB: \(reason); see \(sheet)
      """)
  }

  @Test func `every recorded image belongs to a golden, and all of them are small enough to keep`()
    throws
  {
    let folder = try Self.folder.get()
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/images")
    let expected = folder.manifest.goldens.map { $0.id + ".png" }
    #expect(Set(files) == Set(expected))
    let sizes = try FileManager.default.subpathsOfDirectory(atPath: folder.path).map {
      try URL(filePath: folder.path + "/" + $0).resourceValues(forKeys: [.fileSizeKey]).fileSize
    }
    #expect(sizes.compactMap { $0 }.reduce(0, +) < 8_000_000)
  }

  @Test func `the goldens cover what both endpoints can be asked for`() throws {
    let folder = try Self.folder.get()
    let goldens = folder.manifest.goldens
    #expect(goldens.count >= 24)
    #expect(Set(goldens.map { $0.request.stepCount ?? 4 }).isSuperset(of: [1, 4, 8, 20]))
    #expect(Set(goldens.map(\.request.guidanceScale)).count >= 3)
    #expect(Set(goldens.map(\.images.count)).isSuperset(of: [0, 1, 2, 5]))
    #expect(Set(goldens.filter { $0.images.count == 1 }.map(\.request.strength)).count >= 4)
    let sizes = goldens.map { $0.request.size ?? SizePolicy.defaultSize }
    #expect(sizes.contains { $0.width % 32 == 16 && $0.width != $0.height })
    #expect(sizes.contains { $0.width == 960 } && sizes.contains(SizePolicy.defaultSize))
    for name in try LoRARegistry(directory: Repository.path("loras")).names.dropFirst() {
      let styled = goldens.filter { $0.request.lora == .name(name) }
      #expect(Set(styled.map(\.request.loraStrength)).count >= 3, "style \(name)")
    }
    let formats = try Set(goldens.flatMap(\.images)).map {
      ImageFormat.sniff([UInt8](try Data(contentsOf: URL(filePath: folder.path + "/" + $0))))
    }
    #expect(Set(formats) == [.png, .jpeg, .webp, .gif])
  }

  @Test func `every golden has an approved hash of each instruction set`() throws {
    for golden in try Self.folder.get().manifest.goldens {
      for instructionSet in ["avx512", "avx2", "portable"] {
        #expect(!golden.pixelHashes[instructionSet].isEmpty, "\(golden.id) on \(instructionSet)")
      }
    }
  }

  @Test
  func `the manifest is as recording writes it, so that recording changes no line but its own`()
    throws
  {
    let folder = try Self.folder.get()
    let text = try String(contentsOfFile: folder.path + "/manifest.json", encoding: .utf8)
    #expect(folder.manifest.json() == text)
  }
}
