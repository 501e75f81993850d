/// A JSON object that may hold no key but those it knows.
protocol StrictObject: Decodable {
  associatedtype CodingKeys: CodingKey, CaseIterable

  /// The error for a fault of this object.
  /// - Parameters:
  ///   - problem: What is wrong.
  ///   - id: What the object says its `id` is.
  static func fault(_ problem: String, id: String?) -> RenderError
}

/// Decodes an object strictly: by itself, decoding passes over keys that nobody asks for.
struct Strictly<Value: StrictObject>: Decodable {
  let value: Value

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let names = try decoder.container(keyedBy: Name.self)
    let id = try? names.decode(String.self, forKey: Name(stringValue: "id"))
    let known = Value.CodingKeys.allCases.map(\.stringValue)
    if let name = names.allKeys.first(where: { !known.contains($0.stringValue) }) {
      throw Value.fault(
        "there is no key `\(name.stringValue)`; known are \(known.joined(separator: ", "))", id: id)
    }
    do {
      value = try Value(from: decoder)
    } catch DecodingError.keyNotFound(let key, _) {
      throw Value.fault("`\(key.stringValue)` is missing", id: id)
    } catch let error as RenderError {
      throw error
    } catch {
      throw Value.fault("\(Self.place(of: error)) is not what it should be", id: id)
    }
  }

  /// The key at fault; a number that does not fit its type comes without one.
  private static func place(of error: any Error) -> String {
    switch error as? DecodingError {
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      context.codingPath.last { $0.intValue == nil }.map { "`\($0.stringValue)`" } ?? "a value"
    default: "a value"
    }
  }
}
