import Dispatch
import FoundationEssentials
import HTTP
import Hashing
import Imaging
import Text

/// The folder of images whose URLs answers have (`response_format: url`).
///
/// A file's name has the time at which its URL expires, and 128 random bits. The URL is signed with a
/// secret, so that it can neither be guessed nor prolonged. Expired files are removed; that of an answer
/// that was not delivered is known to nobody until then.
public final class ImageFolder: Sendable {
  /// The pause between two searches for expired files.
  private static let sweepPeriod = Duration.seconds(60)

  /// The place of the files behind a base URL.
  public let location: ImageLocation
  private let folder: String
  private let lifetimeSeconds: Int
  private let secret: [UInt8]
  private let now: @Sendable () -> Int
  private let queue: DispatchQueue
  private let sweeping: Task<Void, Never>

  /// Opens a folder, and begins to remove expired files from it.
  /// - Parameters:
  ///   - folder: The path of the folder, which is made if there is none.
  ///   - location: The base URL of its files.
  ///   - lifetimeSeconds: The time for which a URL is valid.
  ///   - secret: The key of signatures, the same on all nodes of a store.
  ///   - now: The time in seconds since 1970; nil for the system's.
  /// - Throws: An error of Foundation if there can be no such folder.
  public init(
    _ folder: String, at location: ImageLocation, lifetimeSeconds: Int, secret: [UInt8],
    now: (@Sendable () -> Int)? = nil
  ) throws {
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    guard FileManager.default.isWritableFile(atPath: folder) else {
      throw CocoaError(.fileWriteNoPermission)
    }
    self.folder = folder
    self.location = location
    self.lifetimeSeconds = lifetimeSeconds
    self.secret = secret
    let now = now ?? { Int(Date().timeIntervalSince1970) }
    self.now = now
    let queue = DispatchQueue(label: "iris.images", attributes: .concurrent)
    self.queue = queue
    sweeping = Task {
      while !Task.isCancelled {
        queue.async { Self.sweep(folder, at: now()) }
        try? await Task.sleep(for: Self.sweepPeriod)
      }
    }
  }

  deinit { sweeping.cancel() }

  /// Stores an image.
  /// - Returns: Its URL.
  /// - Throws: `APIError` with `backendUnavailable` if it cannot be written.
  func publish(_ file: [UInt8], _ format: OutputFormat) async throws -> String {
    let name = PublishedName(expiry: now() + lifetimeSeconds, format: format)
    let isWritten = await onDisk { [folder] in
      let manager = FileManager.default
      let temporary = "\(folder)/\(name.temporary)"
      guard manager.createFile(atPath: temporary, contents: Data(file)) else { return false }
      do {
        try manager.moveItem(atPath: temporary, toPath: "\(folder)/\(name)")
        return true
      } catch {
        try? manager.removeItem(atPath: temporary)
        return false
      }
    }
    guard isWritten else { throw APIError.unavailable("the image cannot be stored just now") }
    return "\(location.baseURL)/\(name)?signature=\(signature(of: name))"
  }

  /// Answers a request for a file.
  /// - Parameters:
  ///   - text: The file's name.
  ///   - query: The query of its URL.
  /// - Throws: `APIError` with 404 for what is no such name and for a file that is not there, 403 without
  ///   the right signature, 410 once the URL has expired.
  func response(named text: ByteString, _ query: [RequestTarget.QueryItem]) async throws -> Response
  {
    guard let name = PublishedName(text) else { throw Self.missing }
    let given = query.first { $0.name == "signature" }?.value ?? ""
    guard isEqualInConstantTime(given, ByteString(signature(of: name))) else {
      throw APIError(.permission, "the URL's signature is missing or wrong")
    }
    let seconds = name.expiry - now()
    guard seconds > 0 else {
      throw APIError(.notFound, status: .gone, "the image's URL has expired")
    }
    let file = await onDisk { [folder] in
      FileManager.default.contents(atPath: "\(folder)/\(name)").map { Array($0) }
    }
    guard let file else { throw Self.missing }
    var headers: Headers = [:]
    headers["content-type"] = ByteString("image/\(name.format.rawValue)")
    headers["cache-control"] = ByteString("private, max-age=\(seconds)")
    return Response(.ok, headers: headers, body: .bytes(file))
  }

  private static let missing = APIError(.notFound, "there is no such image")

  private func signature(of name: PublishedName) -> String {
    HMAC.sha256("\(name)".utf8, key: secret).hexadecimal
  }

  /// Runs some work that may block, off Swift's cooperative threads.
  private func onDisk<Result: Sendable>(
    _ body: @escaping @Sendable () -> Result
  ) async -> Result {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: body()) }
    }
  }

  /// Removes the files whose URLs have expired; others that lie in the folder are left alone.
  private static func sweep(_ folder: String, at now: Int) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for text in names {
      guard
        let name = PublishedName(ByteString(text)) ?? PublishedName(temporary: ByteString(text)),
        name.expiry <= now
      else { continue }
      try? FileManager.default.removeItem(atPath: "\(folder)/\(text)")
    }
  }
}
