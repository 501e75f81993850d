import Foundation
import Rendering
import Testing

@Suite struct GoldenManifestTests {
  static func manifest(_ goldens: String) throws(RenderError) -> GoldenManifest {
    try GoldenManifest(json: Array(#"{"version": 1, "goldens": [\#(goldens)]}"#.utf8))
  }

  @Test func `what a golden leaves out is what a request has by default`() throws {
    let golden = try #require(
      try Self.manifest(#"{"id": "fox", "prompt": "a fox", "seed": 3}"#).goldens.first)
    let request = RenderRequest(prompt: "a fox")
    #expect(golden.request.seed == 3 && golden.request.size == nil)
    #expect(golden.request.stepCount == request.stepCount)
    #expect(golden.request.guidanceScale == request.guidanceScale)
    #expect(golden.request.strength == request.strength && golden.request.lora == .none)
    #expect(golden.tolerance.maximumDifference == 2 && golden.tolerance.minimumPSNR == 45)
    #expect(golden.tolerance.maximumChangedShare == 0.01 && golden.pixelHashes.isEmpty)
    #expect(golden.recordedOn == nil && golden.images.isEmpty)
    #expect(golden.image == "images/fox.png")
  }

  @Test func `everything that a golden says comes back when the manifest is written`() throws {
    let first = String(repeating: "0a", count: 32)
    let second = String(repeating: "9f", count: 32)
    let text = """
      {
        "version": 1,
        "goldens": [
          {
            "id": "a",
            "prompt": "kucing \\"oren\\" / 🦊",
            "seed": 9007199254740991,
            "size": "256x320",
            "num_steps": 8,
            "guidance_scale": 2.5,
            "images": ["inputs/a.png", "inputs/b.gif"],
            "strength": 0.25,
            "lora": "dark",
            "lora_strength": 1.2,
            "maximum_difference": 3,
            "minimum_psnr": 50.5,
            "maximum_changed_share": 0.5,
            "recorded_on": "avx2",
            "pixel_hashes": {
              "avx2": ["\(first)", "\(second)"],
              "portable": ["\(first)"]
            }
          },
          {
            "id": "b",
            "prompt": "",
            "seed": 0
          }
        ]
      }

      """
    let manifest = try GoldenManifest(json: Array(text.utf8))
    #expect(manifest.json() == text)
    let golden = try #require(manifest.golden("a"))
    #expect(golden.request.size == PixelSize(width: 256, height: 320))
    #expect(golden.request.lora == .name("dark") && golden.request.loraStrength == 1.2)
    #expect(golden.images == ["inputs/a.png", "inputs/b.gif"])
    #expect(golden.tolerance.maximumDifference == 3 && golden.tolerance.minimumPSNR == 50.5)
    #expect(golden.tolerance.maximumChangedShare == 0.5)
    #expect(golden.recordedOn == "avx2")
    #expect(golden.pixelHashes["avx2"] == [first, second])
    #expect(golden.pixelHashes["portable"] == [first] && golden.pixelHashes["avx512"].isEmpty)
  }

  static let fox = #"{"id": "fox", "prompt": "a fox", "seed": 3"#

  /// Entries, and what the error must say; each names the golden.
  static let faults: [(String, String)] = [
    (fox + #", "sead": 4}"#, "no key `sead`"),
    (fox + #", "num_steps": "4"}"#, "`num_steps`"),
    (fox + #", "images": [1]}"#, "`images`"),
    (#"{"id": "fox", "prompt": "a fox", "seed": -1}"#, "`seed` is not what"),
    (fox + #", "num_steps": 4.5}"#, "is not what it should be"),
    (#"{"id": "fox", "seed": 3}"#, "`prompt` is missing"),
    (#"{"id": "fox", "prompt": "a fox"}"#, "`seed` is missing"),
    (fox + #", "size": "256"}"#, "WIDTHxHEIGHT"),
    (fox + "}, " + fox + "}", "twice"),
    (fox + #", "images": ["../photo.png"]}"#, "`../photo.png` is not a path inside"),
    (fox + #", "images": ["/etc/passwd"]}"#, "not a path inside"),
    (fox + #", "images": ["inputs/../../a.png"]}"#, "not a path inside"),
    (fox + #", "images": [""]}"#, "not a path inside"),
    (fox + #", "maximum_difference": 256}"#, "0 to 255"),
    (fox + #", "maximum_difference": -1}"#, "0 to 255"),
    (fox + #", "minimum_psnr": -1}"#, "dB"),
    (fox + #", "maximum_changed_share": 1.5}"#, "0 to 1"),
    (fox + #", "pixel_hashes": []}"#, "`pixel_hashes` is not an object"),
    (fox + #", "pixel_hashes": {"avx2": "00"}}"#, "lists of hashes"),
    (fox + #", "pixel_hashes": {"": []}}"#, "lists of hashes"),
    (fox + #", "pixel_hashes": {"avx2": ["00"]}}"#, "of avx2 holds something else"),
    (
      fox + #", "pixel_hashes": {"avx2": ["\#(String(repeating: "0A", count: 32))"]}}"#,
      "of avx2 holds something else"
    ),
  ]

  @Test(arguments: faults.indices)
  func `a fault is an error that names the golden`(index: Int) {
    let (entries, expected) = Self.faults[index]
    let error = #expect(throws: RenderError.self) { try Self.manifest(entries) }
    #expect(error?.code == .invalidGolden)
    #expect(error?.message.contains("golden `fox`") == true, "\(error?.message ?? "")")
    #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: ["", "Fox", "a b", "../fox", "fox.png", String(repeating: "x", count: 65)])
  func `an id that could not be a file's name is refused`(text: String) {
    let error = #expect(throws: RenderError.self) {
      try Self.manifest(#"{"id": "\#(text)", "prompt": "a fox", "seed": 3}"#)
    }
    #expect(error?.message.contains("1 to 64 small letters") == true)
  }

  @Test func `a key that is there twice counts as it was written last, with a warning`() throws {
    let manifest = try Self.manifest(Self.fox + #", "seed": 4}"#)
    #expect(manifest.goldens.first?.request.seed == 4)
    #expect(manifest.warnings.map(\.code) == ["repeated_key"])
    #expect(manifest.warnings.first?.message.contains("`seed` twice") == true)
    #expect(try Self.manifest(Self.fox + "}").warnings.isEmpty)
  }

  @Test(arguments: [
    "", "[]", "{", "{}", #"{"version": 1}"#, #"{"version": 2, "goldens": []}"#,
    #"{"version": 1, "goldens": [], "extra": 1}"#, #"{"version": 1, "goldens": {}}"#,
  ])
  func `what is no manifest is refused`(json: String) {
    let error = #expect(throws: RenderError.self) { try GoldenManifest(json: Array(json.utf8)) }
    #expect(error?.code == .invalidGolden)
    #expect(error?.message.contains("manifest") == true)
  }
}
