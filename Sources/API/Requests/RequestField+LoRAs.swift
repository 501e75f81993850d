import JSON
import Rendering
import Text

extension RequestField {
  /// The list of a form is one text; it has few members, and their names are short.
  private static let limits = JSONReader.Limits(depth: 4, values: 64)

  /// Reads a list such as `[{"name": "dark", "strength": 0.8}]`; in a form it is that text.
  /// - Parameters:
  ///   - names: The names that it may have.
  ///   - strengths: The strengths that it may have.
  ///   - isText: True for a form.
  func loras(
    of value: JSONValue, _ names: [String], _ strengths: ClosedRange<Double>, isText: Bool
  ) throws(APIError) -> [RequestedLoRA] {
    var list = value
    if isText, case .string(let text) = value {
      guard let parsed = try? JSONValue(Array(text), limits: Self.limits) else {
        throw .invalid(name, "\(name) is not JSON; it must be a list of objects")
      }
      list = parsed
    }
    guard case .array(let items) = list else {
      throw mismatch(list, "an array such as [{\"name\": \"…\", \"strength\": 1}]")
    }
    guard items.count <= RequestParameter.loraLimit else {
      throw .invalid(
        name, "\(items.count) LoRAs are given; at most \(RequestParameter.loraLimit) are allowed")
    }
    return try items.map { (item) throws(APIError) in try lora(of: item, names, strengths) }
  }

  private func lora(
    of value: JSONValue, _ names: [String], _ strengths: ClosedRange<Double>
  ) throws(APIError) -> RequestedLoRA {
    guard case .object(let object) = value, let given = object["name"],
      object.members.allSatisfy({ ["name", "strength"].contains($0.name) })
    else {
      throw .invalid(name, "\(name) may hold {\"name\": …, \"strength\": …} alone")
    }
    let word = try choice(of: given, names)
    let selection = LoRASelection.name(word.string(limit: ByteString.nameLimit) ?? "")
    switch object["strength"] {
    case nil, .null: return RequestedLoRA(selection)
    case .number(let number):
      guard let strength = number.double, strengths.contains(strength) else { break }
      return RequestedLoRA(selection, strength: strength)
    default: break
    }
    throw .invalid(
      name,
      "the strength of `\(word)` must be a number, \(strengths.lowerBound) to \(strengths.upperBound)"
    )
  }
}
