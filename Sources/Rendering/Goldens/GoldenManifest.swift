import JSON

/// The list of goldens, stored in `goldens/manifest.json`.
///
/// ```json
/// {"version": 1, "goldens": [{"id": "fox", "prompt": "a red fox on a beach", "seed": 3,
///   "size": "256x256", "recorded_on": "avx512"}]}
/// ```
/// With `images` a golden is an edit; the other keys are `num_steps`, `guidance_scale`, `strength`,
/// `lora`, `lora_strength`, `maximum_difference`, `minimum_psnr` and `maximum_changed_share`.
/// `recorded_on` and `pixel_hashes` are written by recording.
public struct GoldenManifest: Sendable {
  /// The goldens in file order.
  public internal(set) var goldens: [Golden]

  /// Warnings about the file.
  public private(set) var warnings: [RenderWarning] = []

  /// Creates a manifest.
  public init(goldens: [Golden] = []) { self.goldens = goldens }

  /// Returns the golden with an id; nil if there is none.
  public func golden(_ id: String) -> Golden? { goldens.first { $0.id == id } }

  /// Returns the file's text: deterministic, and formatted for readable diffs.
  public func json() -> String {
    let goldens = JSONValue.array(goldens.map(\.json))
    return JSONValue.object([("version", 1), ("goldens", goldens)]).text(.indented) + "\n"
  }
}

extension GoldenManifest {
  /// Parses a manifest strictly: an unknown key is an error that names the golden.
  public init(json: [UInt8]) throws(RenderError) {
    let json = try Self.document(json)
    let root = try StrictObject(json.root, keys: ["version", "goldens"], fault: Self.invalid)
    let version: Int = try root.required("version", try root.integer("version"))
    guard version == 1 else {
      throw Self.invalid("its version is \(version); only 1 is known")
    }
    var goldens: [Golden] = []
    for stored in try root.required("goldens", try root.list("goldens")) {
      let golden = try Golden(stored)
      guard !goldens.contains(where: { $0.id == golden.id }) else {
        throw Golden.invalid(golden.id, "it is listed twice")
      }
      goldens.append(golden)
    }
    self.init(goldens: goldens)
    warnings = json.repeatedNames.map {
      RenderWarning(
        .repeatedKey, "the goldens' manifest has the key `\($0)` twice; the last one counts")
    }
  }

  private static func document(_ json: [UInt8]) throws(RenderError) -> JSONDocument {
    do {
      return try JSONDocument(json)
    } catch {
      throw invalid("it is not a JSON object: \(error)")
    }
  }

  static func invalid(_ problem: String) -> RenderError {
    RenderError(.invalidGolden, "the goldens' manifest: \(problem)")
  }
}
