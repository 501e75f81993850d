import Rendering
import Text

/// The parameters of an endpoint.
struct FieldTable: Sendable {
  let fields: [RequestField]
  private let byName: [ByteString: RequestField]
  /// The parameters that only edits have, where this is no table of edits.
  private let editNames: Set<ByteString>

  /// Works out the parameters of an endpoint.
  /// - Parameters:
  ///   - loras: The LoRAs that may be named.
  ///   - defaults: The values of a request that says nothing.
  init(
    for endpoint: Endpoint, _ service: ServiceConfiguration, _ model: ModelConfiguration,
    loras: LoRARegistry, defaults: RenderDefaults
  ) {
    let surface: RequestParameter.Surfaces = endpoint == .edits ? .edit : .generation
    let own = RequestParameter.http.filter { $0.surfaces.contains(surface) }
    let foreign = RequestParameter.http.filter { !$0.surfaces.contains(surface) }
    self.init(
      own.flatMap { parameter in
        let field = RequestField(
          parameter, of: endpoint, service, model, loras: loras, defaults: defaults)
        return [field] + field.aliases
      }, foreign: foreign.map(\.name))
  }

  init(_ fields: [RequestField], foreign: [String] = []) {
    self.fields = fields
    editNames = Set(foreign.map { ByteString($0) })
    byName = Dictionary(
      fields.map { (ByteString($0.name), $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The parameter of this name.
  subscript(name: ByteString) -> RequestField? { byName[name] }

  /// Returns true for a parameter of edits alone, which clients with one type for both send as null.
  func isOfEdits(_ name: ByteString) -> Bool { editNames.contains(name) }
}
