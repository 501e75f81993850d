internal import Glibc

/// Why a file cannot be read, in words that follow its name.
public enum FileFault: Error, Equatable, CustomStringConvertible {
  /// There is none of that name.
  case missing
  /// It is a folder.
  case folder
  /// It is something else than what is expected, as these words say.
  case wrongKind(String)
  /// It is a pipe, a socket or a device.
  case notRegular
  /// It has more bytes than are allowed.
  case tooLarge(limit: Int)
  /// The system does not let it be read; its error number.
  case unreadable(Int32)

  /// What is wrong with the file.
  public var description: String {
    switch self {
    case .missing: "does not exist"
    case .wrongKind(let words): words
    case .folder: "is a folder, not a regular file"
    case .notRegular: "is not a regular file"
    case .tooLarge(let limit): "is larger than the \(Self.size(limit)) allowed"
    case .unreadable(let number):
      "cannot be read (\(unsafe String(cString: strerror(number))))"
    }
  }

  private static func size(_ byteCount: Int) -> String {
    byteCount < 1 << 20 ? "\(byteCount) bytes" : "\(byteCount >> 20) MB"
  }
}
