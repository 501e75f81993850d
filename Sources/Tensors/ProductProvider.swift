/// The code that multiplies the matrices of linear layers.
public enum ProductProvider: String, Sendable, CaseIterable {
  /// Iris' own kernels where they have this processor's instructions, a library where they lack some.
  case auto
  /// Iris' own kernels, in every precision.
  case iris
  /// OpenBLAS, which has float32.
  case openblas
  /// oneDNN, in every precision that it has instructions for.
  case onednn
}

/// A library of products that cannot be used.
public struct ProductError: Error, Sendable, Equatable {
  /// The library.
  public let provider: ProductProvider
  /// The reason in the system's words.
  public let reason: String
}

extension ProductError: CustomStringConvertible {
  /// The library, where Debian has it, and the reason.
  public var description: String {
    let (name, package) =
      provider == .onednn ? ("oneDNN", "libdnnl-dev") : ("OpenBLAS", "libopenblas-dev")
    return "cannot multiply by \(name), which Debian has in \(package): \(reason)"
  }
}
