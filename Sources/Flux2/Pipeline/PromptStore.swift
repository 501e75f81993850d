import Files
import FoundationEssentials
import Glibc
import Hashing
import Tensors
import Tokenization
import Weights

/// A folder of embedded prompts, so that a process need not embed what an earlier one did.
///
/// A file's name is the hash of all that its content depends on; no prompt is in it. It is written under another
/// name and renamed, readable by its owner alone, and whatever is not what it should be is embedded and written anew. Nothing fails because of
/// it: a folder that cannot be read or written keeps nothing.
public struct PromptStore: Sendable {
  /// Text encoders of fewer weights embed a prompt about as fast as it is read, hashed and converted.
  public static let smallestEncoder = 100_000_000

  /// The folder; made when it is needed.
  let directory: String
  /// Bytes that all files may take; the ones used longest ago make room.
  let byteLimit: Int
  /// The version of the program, whose kernels round in their own way.
  let version: String
  /// The fewest weights of a text encoder whose prompts are kept.
  let smallestEncoder: Int

  /// Describes a folder.
  /// - Parameters:
  ///   - directory: The folder; made when it is needed.
  ///   - byteLimit: Bytes that all files may take.
  ///   - version: The version of the program; what another one wrote is not read.
  ///   - smallestEncoder: The fewest weights of a text encoder whose prompts are kept.
  public init(
    directory: String, byteLimit: Int, version: String, smallestEncoder: Int = Self.smallestEncoder
  ) {
    self.directory = directory
    self.byteLimit = byteLimit
    self.version = version
    self.smallestEncoder = smallestEncoder
  }

  /// Binds the folder to a model's text encoder, a precision and what multiplies in it; nil for a small encoder.
  func bound(
    to sources: ModelSources, _ identity: ModelIdentity, precision: Precision,
    products: ProductChoice
  ) -> BoundPromptStore? {
    let checkpoint = sources.textEncoder.checkpoint
    guard checkpoint.tensors.values.reduce(0, { $0 + $1.count }) >= smallestEncoder else {
      return nil
    }
    return BoundPromptStore(
      store: self,
      identity: [
        version, Device.instructionSet, precision.rawValue,
        products.provider(in: precision).rawValue, identity.textEncoder,
        "\(sources.index.textEncoderOutputs)",
      ].joined(separator: "\n"),
      columns: sources.index.textEncoderOutputs.count
        * sources.textEncoder.configuration.hiddenSize)
  }
}

/// The folder of embedded prompts as one text encoder uses it.
struct BoundPromptStore: Sendable {
  /// The first bytes of a file; the hash of the elements follows, then the elements, float32.
  private static let magic = Array("IRISPRM1".utf8)
  private static let headerByteCount = magic.count + 32
  private static let suffix = ".prompt"
  /// Seconds after which a file under a temporary name was left by a process that is gone.
  private static let abandonedAfter = 3600

  let store: PromptStore
  /// Everything but the prompt that an embedding depends on.
  let identity: String
  /// Features of an embedding.
  let columns: Int

  /// Reads the embedding of a prompt; nil where there is none that is whole.
  /// - Parameters:
  ///   - tokens: The prompt.
  ///   - changes: Identifies what adapters change of the text encoder.
  func load(_ tokens: PromptTokens, changes: String) -> Tensor? {
    let path = path(of: tokens, changes)
    let byteCount = tokens.ids.count * columns * 4
    guard
      let bytes = try? BoundedFile.bytes(of: path, limit: Self.headerByteCount + byteCount),
      bytes.count == Self.headerByteCount + byteCount, bytes.starts(with: Self.magic)
    else { return nil }
    let elements = bytes[Self.headerByteCount...]
    guard bytes[Self.magic.count..<Self.headerByteCount].elementsEqual(SHA256.hash(elements).bytes)
    else { return nil }
    // The time of the last use, by which the oldest make room.
    unsafe utimensat(AT_FDCWD, path, nil, 0)
    return Tensor(
      shape: [tokens.ids.count, columns],
      elements: unsafe [Float](unsafeUninitializedCapacity: tokens.ids.count * columns) {
        buffer, initialised in
        unsafe elements.withUnsafeBytes { source in
          unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: source)
        }
        initialised = tokens.ids.count * columns
      })
  }

  /// Writes the embedding of a prompt.
  func save(_ states: Tensor, for tokens: PromptTokens, changes: String) {
    let elements = unsafe states.elements.withUnsafeBytes { unsafe [UInt8]($0) }
    let bytes = Self.magic + SHA256.hash(elements).bytes + elements
    guard bytes.count <= store.byteLimit else { return }
    let path = path(of: tokens, changes)
    let temporary = "\(path).\(getpid()).part"
    do {
      try FileManager.default.createDirectory(
        atPath: store.directory, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      try Self.create(temporary)
      try Data(bytes).write(to: URL(filePath: temporary))
    } catch {
      unsafe unlink(temporary)
      return
    }
    if unsafe rename(temporary, path) != 0 { unsafe unlink(temporary) }
    makeRoom()
  }

  /// Makes an empty file that its owner alone may read, whatever the folder and the umask allow.
  private static func create(_ path: String) throws(FileError) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .unreadable(errno) }
    close(descriptor)
  }

  private func path(of tokens: PromptTokens, _ changes: String) -> String {
    let key =
      "\(identity)\n\(tokens.count)\n\(tokens.ids)" + (changes.isEmpty ? "" : "\n" + changes)
    return "\(store.directory)/\(SHA256.hash(key.utf8).hexadecimal)\(Self.suffix)"
  }

  /// Removes the files that were used longest ago until the others fit, and what was left half written.
  private func makeRoom() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: store.directory)) ?? []
    var files: [(path: String, byteCount: Int, lastUse: Int)] = []
    for name in names {
      var status = stat()
      let path = "\(store.directory)/\(name)"
      guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      if name.hasSuffix(Self.suffix) {
        let nanoseconds = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
        files.append((path, Int(status.st_size), nanoseconds))
      } else if name.hasSuffix(".part"), time(nil) - status.st_mtim.tv_sec > Self.abandonedAfter {
        unsafe unlink(path)
      }
    }
    var byteCount = files.reduce(0) { $0 + $1.byteCount }
    for file in files.sorted(by: { $0.lastUse < $1.lastUse }) where byteCount > store.byteLimit {
      unsafe unlink(file.path)
      byteCount -= file.byteCount
    }
  }
}
