import CCodecs

/// Compression for browsers (RFC 1952).
package enum Gzip {
  /// Returns the bytes as a gzip file, compressed as well as zlib can.
  package static func compress(_ bytes: [UInt8]) -> [UInt8] {
    let capacity = iris_gzip_bound(bytes.count)
    // The pointers do not escape the closures.
    return unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
      let status = unsafe bytes.withUnsafeBufferPointer { input in
        unsafe iris_gzip(
          input.baseAddress, input.count, output.baseAddress, output.count, &count)
      }
      precondition(status == 0, "zlib cannot compress \(bytes.count) bytes into \(capacity)")
    }
  }
}
