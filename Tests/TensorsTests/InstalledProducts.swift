import Foundation
import Tensors

/// The providers of products that this machine has, for tests that hold with each.
enum InstalledProducts {
  /// Iris and the libraries; of one that is missing, standard error says that nothing was tested with it.
  static let all = [ProductProvider.iris, .openblas, .onednn].filter { provider in
    do {
      _ = try ProductChoice(provider)
      return true
    } catch {
      FileHandle.standardError.write(Data("NOT TESTED with \(provider): \(error)\n".utf8))
      return false
    }
  }

  /// The libraries among them.
  static let libraries = all.filter { $0 != .iris }
}

extension Device {
  /// A device with a provider that the machine has.
  static func multiplying(by provider: ProductProvider, threads: Int = 2) -> Device {
    guard let products = try? ProductChoice(provider) else {
      preconditionFailure("\(provider) is not installed")
    }
    return Device(threadCount: threads, products: products)
  }
}
