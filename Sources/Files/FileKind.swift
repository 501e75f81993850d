import Glibc
import Text

/// The kind of a file, recognised by its first bytes, so that an error can name it.
///
/// Downloads typically go wrong in these ways: a Git LFS pointer in place of the file, a login
/// page, or the same weights in another format.
public enum FileKind: Sendable, CaseIterable {
  /// An empty file.
  case empty
  /// A Git LFS pointer, the text that Git stores in place of a large file.
  case gitLFSPointer
  /// An HTML page.
  case webPage
  /// XML, the form of an object store's error responses.
  case xml
  /// GGUF, the weight format of llama.cpp and stable-diffusion.cpp.
  case gguf
  /// GGML, the predecessor of GGUF.
  case ggml
  /// A zip archive, as `torch.save` writes: `.pt`, `.ckpt`, `.bin`.
  case zip
  /// A Python pickle, as older versions of `torch.save` write.
  case pickle
  /// gzip-compressed data.
  case gzip
  /// bzip2-compressed data.
  case bzip2
  /// xz-compressed data.
  case xz
  /// Zstandard-compressed data.
  case zstandard
  /// A 7-Zip archive.
  case sevenZip
  /// A tar archive.
  case tar
  /// HDF5, the format of Keras.
  case hdf5
  /// An SQLite database.
  case sqlite
  /// NumPy's `.npy`.
  case numpy
  /// Safetensors, the weight format that this program reads.
  case safetensors
  /// JSON.
  case json
  /// Plain text, which has no signature.
  case text
  /// An image in a common format.
  case image
  /// An ISO base media file, a video or a phone's image: HEIC, AVIF, MP4.
  case isoMedia
  /// A PDF document.
  case pdf
  /// An executable program.
  case executable
  /// A short error response of a model hub, saved in place of the file.
  case hubAnswer
}

extension FileKind {
  /// Number of bytes to read for recognition; longer than any signature.
  public static let prefixLength = 512

  private static let marks: [(kind: FileKind, offset: Int, bytes: [UInt8])] = [
    (.gitLFSPointer, 0, Array("version https://git-lfs.github.com/spec/".utf8)),
    (.gitLFSPointer, 0, Array("version https://hawser.github.com/spec/".utf8)),
    (.gguf, 0, Array("GGUF".utf8)),
    (.ggml, 0, Array("lmgg".utf8)), (.ggml, 0, Array("tjgg".utf8)), (.ggml, 0, Array("fmgg".utf8)),
    (.zip, 0, [0x50, 0x4B, 0x03, 0x04]), (.zip, 0, [0x50, 0x4B, 0x05, 0x06]),
    (.pickle, 0, [0x80, 0x02]), (.pickle, 0, [0x80, 0x03]), (.pickle, 0, [0x80, 0x04]),
    (.pickle, 0, [0x80, 0x05]),
    (.gzip, 0, [0x1F, 0x8B]), (.bzip2, 0, Array("BZh".utf8)),
    (.xz, 0, [0xFD, 0x37, 0x7A, 0x58, 0x5A]),
    (.zstandard, 0, [0x28, 0xB5, 0x2F, 0xFD]),
    (.sevenZip, 0, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
    (.tar, 257, Array("ustar".utf8)), (.hdf5, 0, [0x89, 0x48, 0x44, 0x46]),
    (.sqlite, 0, Array("SQLite format 3".utf8)),
    (.numpy, 0, [0x93] + Array("NUMPY".utf8)),
    (.image, 0, [0x89, 0x50, 0x4E, 0x47]), (.image, 0, [0xFF, 0xD8, 0xFF]),
    (.image, 0, Array("GIF8".utf8)), (.image, 8, Array("WEBP".utf8)),
    (.isoMedia, 4, Array("ftyp".utf8)), (.pdf, 0, Array("%PDF-".utf8)),
    (.executable, 0, [0x7F] + Array("ELF".utf8)),
    (.hubAnswer, 0, Array("Entry not found".utf8)),
    (.hubAnswer, 0, Array("Repository not found".utf8)),
    (.hubAnswer, 0, Array("Invalid username or password".utf8)),
    (.hubAnswer, 0, Array("Access to model ".utf8)), (.hubAnswer, 0, Array("Not Found".utf8)),
  ]

  /// Returns the kind of a file.
  /// - Parameter bytes: The first bytes of the file, or all of them.
  /// - Returns: Nil if the kind is unknown.
  public static func sniff(_ bytes: [UInt8]) -> FileKind? {
    guard !bytes.isEmpty else { return .empty }
    let bytes = Array(bytes.prefix(prefixLength))
    // Safetensors: a length of at most 4 GB, then the JSON object that it measures. Checked first,
    // because the length may equal another format's signature.
    if bytes.count > 8, bytes[4..<8].allSatisfy({ $0 == 0 }),
      bytes[8...].first(where: { $0 != 0x20 }) == UInt8(ascii: "{")
    {
      return .safetensors
    }
    if let mark = marks.first(where: { bytes.dropFirst($0.offset).starts(with: $0.bytes) }) {
      return mark.kind
    }
    return sniffText(bytes)
  }

  /// Returns the kind of the file at a path; nil if it is unknown or the file cannot be read.
  public static func sniff(file path: String) -> FileKind? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: prefixLength) { buffer, count in
      count = unsafe max(0, pread(descriptor, buffer.baseAddress, buffer.count, 0))
    }
    return sniff(bytes)
  }

  private static func sniffText(_ bytes: [UInt8]) -> FileKind? {
    let text = bytes.dropFirst(ByteOrderMark.length(in: bytes))
      .drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    let small = text.prefix(16).map(\.asciiLowercase)
    for start in ["<!doctype html", "<html", "<head", "<body", "<!--"]
    where small.starts(with: start.utf8) {
      return .webPage
    }
    if small.starts(with: "<?xml".utf8) { return .xml }
    return text.first == UInt8(ascii: "{") || text.first == UInt8(ascii: "[") ? .json : nil
  }

  /// Returns `text` if the first bytes are printable ASCII, tabs and line breaks; only for data in
  /// which no other kind was recognised.
  private static func plainText(_ bytes: [UInt8]) -> FileKind? {
    let isText = bytes.prefix(prefixLength).allSatisfy { byte in
      byte >= 0x20 && byte < 0x7F || [0x09, 0x0A, 0x0D].contains(byte)
    }
    return isText ? .text : nil
  }

  /// Describes a file that is not of the expected kind, in words that follow the file's name.
  /// - Parameters:
  ///   - bytes: The first bytes of the file, or all of them.
  ///   - expected: The expected kind.
  /// - Returns: Nil if the file may be of the expected kind, even if damaged.
  public static func mismatch(_ bytes: [UInt8], expecting expected: FileKind) -> String? {
    guard let kind = sniff(bytes) ?? plainText(bytes), kind != expected else { return nil }
    // An empty text file is valid.
    if kind == .empty, expected == .text { return nil }
    return kind == .empty ? "is empty" : "is \(kind.words), not \(expected.words)"
  }

  /// The kind's name in messages, with advice on what to do.
  public var words: String {
    switch self {
    case .empty: "an empty file"
    case .gitLFSPointer: "a Git LFS pointer (`git lfs pull` gets the file that it stands for)"
    case .webPage: "a web page (HTML), as a download gives that needs a login or another address"
    case .xml: "XML, as a store gives that refuses a download"
    case .gguf: "a GGUF file (quantised weights for llama.cpp)"
    case .ggml: "a GGML file (weights for old versions of llama.cpp)"
    case .zip: "a zip archive, as PyTorch's .pt, .ckpt and .bin are"
    case .pickle: "a Python pickle, as PyTorch's .pt, .ckpt and .bin are"
    case .gzip: "compressed with gzip"
    case .bzip2: "compressed with bzip2"
    case .xz: "compressed with xz"
    case .zstandard: "compressed with Zstandard"
    case .sevenZip: "a 7-Zip archive"
    case .tar: "a tar archive"
    case .hdf5: "an HDF5 file"
    case .sqlite: "an SQLite database"
    case .numpy: "a NumPy array"
    case .safetensors: "a safetensors file"
    case .json: "JSON text"
    case .text: "plain text"
    case .image: "an image"
    case .isoMedia: "a film or an image in HEIC, AVIF or MP4"
    case .pdf: "a PDF document"
    case .executable: "a program"
    case .hubAnswer: "a model hub's refusal instead of the file"
    }
  }
}
