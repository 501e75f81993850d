import Accounts
import JSON
import Web

extension WebPages {
  /// The pages of a service.
  /// - Parameter hasKeys: False for a service that asks for no keys, and so has no use of them to show.
  init(_ configuration: ServiceConfiguration, hasKeys: Bool) {
    self.init(
      hasKeys ? [.playground, .usage] : [.playground],
      settings: [
        "keys": .boolean(hasKeys),
        "price": .string(hasKeys ? configuration.model.price.text : "0.00"),
        "currency": .string(configuration.currency),
      ])
  }
}
