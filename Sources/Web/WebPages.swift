public import HTTP
public import JSON
import Text

/// The pages for people, with the style sheets, scripts and icons that they load.
///
/// A page is for whoever accepts HTML by name, as browsers do; to all others its path is unknown. The
/// files are static, so that an answer is chosen by the head of a request alone.
public struct WebPages: Sendable {
  /// A page, by its path.
  public enum Page: String, Sendable, CaseIterable {
    /// Images by hand, for whoever has a key.
    case playground = "/"
    /// Use and limits of a key, for its owner.
    case usage = "/usage"
    /// Accounts, keys and reports, for operators.
    case admin = "/admin"

    /// The name of its file.
    var file: ByteString {
      switch self {
      case .playground: "playground.html"
      case .usage: "usage.html"
      case .admin: "admin.html"
      }
    }
  }

  /// An answer, with the pattern of its path for logs and metrics.
  public struct Answer: Sendable {
    /// The route's pattern.
    public let route: String
    /// The response.
    public let response: Response
  }

  private static let folder: ByteString = "assets"
  private static let folderRoute = "/assets/{name}"
  /// The document in which a service tells its pages about itself.
  private static let settings: ByteString = "service.json"

  private let pages: [Page]
  private let settings: Asset

  /// - Parameters:
  ///   - pages: Those that are served.
  ///   - settings: What the service tells them about itself.
  public init(_ pages: [Page], settings: JSONValue) {
    self.pages = pages
    self.settings = Asset(contentType: "application/json", bytes: settings.bytes())
    // Compressing takes longer than a loop of connections may wait.
    Task.detached(priority: .utility) { _ = Asset.all }
  }

  /// Returns the answer to a request for a page or one of its files; nil for any other.
  public func answer(to head: RequestHead) -> Answer? {
    guard head.method == .get || head.method == .head else { return nil }
    let segments = head.target.segments
    if segments.count == 2, segments[0] == Self.folder {
      guard let asset = asset(named: segments[1]) else { return nil }
      return Answer(route: Self.folderRoute, response: asset.response(to: head))
    }
    guard let page = pages.first(where: { head.target.path.equals($0.rawValue) }),
      Preference.accepts("text/html", head.headers.items(of: "accept")),
      let asset = Asset.all[page.file]
    else { return nil }
    return Answer(route: page.rawValue, response: asset.response(to: head, varyingBy: "accept"))
  }

  /// Pages have paths of their own, and are no files of the folder.
  private func asset(named name: ByteString) -> Asset? {
    if name == Self.settings { return settings }
    return name.ends(with: ".html") ? nil : Asset.all[name]
  }
}
