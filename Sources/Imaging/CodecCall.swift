internal import CCodecs

/// Runs one function of a C codec and turns its refusal into an error.
/// - Parameters:
///   - format: The format being read, for the message.
///   - call: Calls the codec with a buffer for its message; 0 is success.
func checkCodec(
  _ format: ImageFormat, _ call: (UnsafeMutablePointer<CChar>) -> CInt
) throws(ImagingError) {
  if let message = unsafe codecFailure(call) {
    throw ImagingError(.invalid, "the \(format.name) is corrupt: \(message)")
  }
}

/// Runs one function of a C codec.
/// - Returns: The codec's own words when it failed.
func codecFailure(_ call: (UnsafeMutablePointer<CChar>) -> CInt) -> String? {
  unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IRIS_MESSAGE_SIZE)) {
    unsafe $0.initialize(repeating: 0)
    guard let message = $0.baseAddress, unsafe call(message) != 0 else { return nil }
    return unsafe String(cString: message)
  }
}

/// Lets a C codec fill a buffer of exactly `count` bytes.
/// - Parameters:
///   - format: The format being read, for the message.
///   - count: Bytes that the codec writes when it succeeds.
///   - call: Calls the codec with the buffer and a buffer for its message; 0 is success.
/// - Returns: The filled buffer.
func decodedPixels(
  _ format: ImageFormat, count: Int,
  _ call: (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<CChar>) -> CInt
) throws(ImagingError) -> [UInt8] {
  var failure: String?
  let pixels = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
    failure = unsafe codecFailure { message in
      guard let target = buffer.baseAddress else { return 1 }
      return unsafe call(target, message)
    }
    written = failure == nil ? count : 0
  }
  if let failure {
    throw ImagingError(.invalid, "the \(format.name) is corrupt: \(failure)")
  }
  return pixels
}
