import API
import Accounts
import HTTP

/// The store of a service that asks for keys: who may ask, what they may, and what they pay.
struct ServiceStore {
  let keys: KeyStore
  /// The whole of it, for its administration.
  let store: Store
  /// Admits requests and charges them.
  let node: ServingNode
  /// The name that the node was given; empty for the default.
  private let name: String

  /// Opens the store; makes the first key if there is none.
  init(_ configuration: ApplicationConfiguration, log: LogWriter) throws {
    let backend = try StoreBackend.deployment(
      at: configuration.store, directory: configuration.data)
    keys = KeyStore(backend)
    store = Store(backend)
    node = ServingNode(store: store) { log.write($0) }
    name = configuration.node
    try Self.createFirstKey(in: keys, limits: configuration.keyLimits)
  }

  /// Begins to admit requests, and refunds what an earlier process of that name left open.
  ///
  /// By default the name is host and address: two processes of a machine never have both, and one that is
  /// started again has the same.
  func start(at address: BindAddress) {
    node.start(as: name.isEmpty ? "\(SystemResources.hostName) \(address)" : name)
  }

  private static func createFirstKey(in keys: KeyStore, limits: KeyLimits) throws {
    if Console.outputIsTerminal, try !keys.hasKeys {
      let (key, token) = try keys.create(name: "first", mode: .live, limits: limits)
      Console.report("this is the first API key, \(key.id); it is not shown again")
      do {
        try Console.print(token.text)
      } catch {
        // Nobody has the token of this key.
        try keys.revoke(id: key.id)
        throw error
      }
    } else if let (key, file) = try keys.createFirst(name: "first", limits: limits) {
      // Standard output may be kept, as by the journal, so the token goes to a file.
      Console.report(
        "the first API key, \(key.id), is in \(file), which its owner alone can read; "
          + "take it from there and delete the file")
      try? Console.print(file)
    }
  }
}
