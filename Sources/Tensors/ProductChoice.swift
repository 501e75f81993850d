import CKernels
import CProducts

/// A provider of products that this machine has, and what it does in each precision.
///
/// Convolutions and attention are Iris' own with each, and so are products of fewer than four rows, which read
/// every weight once.
public struct ProductChoice: Sendable, Equatable {
  /// The provider that was asked for.
  public let asked: ProductProvider

  /// Iris' own kernels.
  public static let iris = ProductChoice(asked: .iris)

  private init(asked: ProductProvider) { self.asked = asked }

  /// Opens the library that is asked for, or that `auto` takes for float32; for other precisions it opens one
  /// only when they are computed.
  ///
  /// Opening sets variables of the environment for a moment, so it should happen while there are few threads.
  /// - Throws: If a library that is asked for is not installed or cannot be used here.
  public init(_ provider: ProductProvider) throws(ProductError) {
    asked = provider
    let reason = Self.missing(candidate(in: .float32))
    if let reason, provider != .auto { throw ProductError(provider: provider, reason: reason) }
  }

  /// Returns the provider that multiplies in a precision: a library, or `iris`.
  public func provider(in precision: Precision) -> ProductProvider {
    let candidate = candidate(in: precision)
    return Self.has(candidate, precision) ? candidate : .iris
  }

  /// Returns true if no library multiplies in a precision, nor in float32, which some layers have in each.
  public func isOwnAlone(in precision: Precision) -> Bool {
    provider(in: precision) == .iris && provider(in: .float32) == .iris
  }

  /// Returns whether the processor has instructions for a precision that the provider uses.
  public func isNative(_ precision: Precision) -> Bool {
    precision.isNative || provider(in: precision) != .iris
  }

  /// Returns the provider of a precision and why it was chosen, for people.
  public func description(in precision: Precision) -> String {
    let candidate = candidate(in: precision)
    let provider = provider(in: precision)
    let name = Self.name(of: provider)
    guard provider == candidate else {
      return "\(name): "
        + (Self.missing(candidate).map { "\(Self.name(of: candidate)) is missing (\($0))" }
          ?? "\(Self.name(of: candidate)) has no products in \(precision) on this processor")
    }
    guard asked == .auto else { return "\(name): asked for" }
    return provider == .iris
      ? "\(name): its kernels have the instructions of this processor"
      : "\(name): the kernels of iris lack instructions of this processor"
  }

  /// True if something else multiplies than whoever asked for nothing expects.
  public func isNotable(in precision: Precision) -> Bool {
    asked != .iris && (asked != .auto || candidate(in: precision) != .iris)
  }

  /// The provider to use if it has the operation.
  private func candidate(in precision: Precision) -> ProductProvider {
    switch (asked, precision) {
    case (.auto, .float32): Device.instructionSet == "portable" ? .openblas : .iris
    case (.auto, .bfloat16): iris_processor_has_more_bfloat16() ? .onednn : .iris
    case (.auto, .int8): iris_processor_has_more_int8() ? .onednn : .iris
    default: asked
    }
  }

  /// The library for a precision, for the kernels; nil for their own.
  func library(for precision: Precision) -> UnsafePointer<iris_product_library>? {
    let candidate = candidate(in: precision)
    return Self.has(candidate, precision) ? unsafe Self.library(candidate) : nil
  }
}

/// The libraries of this machine, each opened at its first use.
extension ProductChoice {
  private static func library(
    _ provider: ProductProvider, reason: UnsafeMutablePointer<UnsafePointer<CChar>?>? = nil
  ) -> UnsafePointer<iris_product_library>? {
    switch provider {
    case .openblas: unsafe iris_openblas(reason)
    case .onednn: unsafe iris_onednn(reason)
    case .auto, .iris: nil
    }
  }

  /// The reason why a library cannot be used; nil if it can.
  private static func missing(_ provider: ProductProvider) -> String? {
    var reason: UnsafePointer<CChar>?
    _ = unsafe library(provider, reason: &reason)
    return unsafe reason.map { unsafe String(cString: $0) }
  }

  private static func has(_ provider: ProductProvider, _ precision: Precision) -> Bool {
    guard let library = unsafe library(provider)?.pointee else { return provider == .iris }
    return switch precision {
    case .float32: unsafe library.float32 != nil
    case .bfloat16: unsafe library.bfloat16 != nil
    case .int8: unsafe library.int8 != nil
    }
  }

  /// The name of a provider, with a library's version.
  private static func name(of provider: ProductProvider) -> String {
    if let library = unsafe library(provider) {
      return unsafe String(cString: library.pointee.name)
    }
    return switch provider {
    case .openblas: "OpenBLAS"
    case .onednn: "oneDNN"
    case .auto, .iris: "iris"
    }
  }
}
