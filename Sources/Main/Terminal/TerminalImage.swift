import Foundation
import Imaging
import Rendering

/// Draws images in terminals that support it.
struct TerminalImage {
  /// The way to send an image to a terminal.
  enum GraphicsProtocol: Equatable {
    /// kitty's graphics protocol, which Ghostty, WezTerm and Konsole speak too.
    case kitty
    /// iTerm2's inline images; WezTerm, VS Code and mintty know them.
    case iTerm2
    /// DEC's sixels.
    case sixel
  }

  private let graphics: GraphicsProtocol
  private let output = STDOUT_FILENO

  /// Detects the terminal's protocol.
  init() throws(UsageError) {
    guard Console.outputIsTerminal else {
      throw UsageError("--show draws in a terminal, and standard output is none")
    }
    let environment = ProcessInfo.processInfo.environment
    guard environment["TERM"] != "dumb",
      let graphics = Self.graphicsProtocol(environment) ?? TerminalQuery.graphicsProtocol()
    else {
      throw UsageError(
        "--show: this terminal shows no images; those that do are kitty, iTerm2 and those with sixels"
      )
    }
    self.graphics = graphics
  }

  /// Detects the protocol from environment variables; nil if the terminal must be queried.
  ///
  /// Inside tmux and screen, the variables describe the outer terminal and are ignored.
  static func graphicsProtocol(_ environment: [String: String]) -> GraphicsProtocol? {
    let type = environment["TERM"] ?? ""
    let isInside = ["tmux", "screen"].contains { type.utf8.starts(with: $0.utf8) }
    guard !isInside, environment["TMUX"] == nil, environment["STY"] == nil else { return nil }
    if ["xterm-kitty", "xterm-ghostty"].contains(type) || environment["KITTY_WINDOW_ID"] != nil {
      return .kitty
    }
    switch environment["TERM_PROGRAM"] {
    case "ghostty": return .kitty
    case "iTerm.app", "WezTerm", "mintty": return .iTerm2
    default: return environment["LC_TERMINAL"] == "iTerm2" ? .iTerm2 : nil
    }
  }

  /// Draws an image, followed by a line break.
  func show(_ image: RenderedImage) throws {
    let size = Terminal.size(of: output)
    let bytes: [UInt8]
    switch graphics {
    case .kitty:
      bytes = Self.kitty(try Self.png(image), columns: Self.columns(of: image.raster, in: size))
    case .iTerm2: bytes = Self.iTerm2(try Self.png(image))
    case .sixel:
      bytes = SixelEncoder.encode(image.raster, width: Self.pixels(of: image.raster, in: size))
    }
    guard FileDescriptors.writeAll(bytes + Array("\n".utf8), to: output) else {
      throw CommandFailure("standard output cannot be written to")
    }
  }

  /// The image as a PNG, which terminals of both protocols read.
  private static func png(_ image: RenderedImage) throws(ImagingError) -> [UInt8] {
    ImageFormat.sniff(image.file) == .png ? image.file : try PNGEncoder.encode(image.raster)
  }

  /// The columns to scale an image to; nil if it fits.
  private static func columns(of raster: Raster, in size: winsize?) -> Int? {
    guard let size, size.ws_xpixel > 0 else { return nil }
    return raster.width > Int(size.ws_xpixel) ? Int(size.ws_col) : nil
  }

  /// The width to draw in pixels: the image's own, at most the terminal's.
  private static func pixels(of raster: Raster, in size: winsize?) -> Int {
    let columns = size.map { Int($0.ws_col) } ?? 80
    let width = size.map { Int($0.ws_xpixel) } ?? 0
    return min(raster.width, max(width > 0 ? width : columns * 8, 6))
  }

  /// The PNG in chunks of 4096 characters, as the protocol requires; `q=2` asks for no answer.
  static func kitty(_ png: [UInt8], columns: Int?) -> [UInt8] {
    let text = Array(Data(png).base64EncodedString().utf8)
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: text.count, by: 4096) {
      let end = min(start + 4096, text.count)
      let first = start == 0 ? "a=T,f=100,q=2,\(columns.map { "c=\($0)," } ?? "")" : ""
      bytes += Array("\u{1B}_G\(first)m=\(end < text.count ? 1 : 0);".utf8)
      bytes += text[start..<end] + Array("\u{1B}\\".utf8)
    }
    return bytes
  }

  static func iTerm2(_ png: [UInt8]) -> [UInt8] {
    Array("\u{1B}]1337;File=inline=1;size=\(png.count);preserveAspectRatio=1:".utf8)
      + Array(Data(png).base64EncodedString().utf8) + [0x07]
  }
}

/// Queries a terminal for its graphics protocol.
enum TerminalQuery {
  /// The time to wait for the answer, in milliseconds; enough for a slow connection.
  private static let timeoutMilliseconds = 1000

  /// Queries kitty's graphics, then the primary device attributes, which every terminal answers: the
  /// second answer ends the wait.
  static func graphicsProtocol() -> TerminalImage.GraphicsProtocol? {
    let terminal = unsafe open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard terminal >= 0 else { return nil }
    defer { close(terminal) }
    var settings = termios()
    guard unsafe tcgetattr(terminal, &settings) == 0 else { return nil }
    var raw = settings
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    guard unsafe tcsetattr(terminal, TCSANOW, &raw) == 0 else { return nil }
    // TCSAFLUSH discards a late answer, so that the shell does not read it.
    defer { unsafe tcsetattr(terminal, TCSAFLUSH, &settings) }
    let question = "\u{1B}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u{1B}\\\u{1B}[c"
    guard FileDescriptors.writeAll(Array(question.utf8), to: terminal) else { return nil }
    return graphicsProtocol(in: answer(from: terminal))
  }

  /// Parses an answer.
  static func graphicsProtocol(in answer: [UInt8]) -> TerminalImage.GraphicsProtocol? {
    let text = String(decoding: answer, as: UTF8.self)
    if text.contains("\u{1B}_Gi=31;OK") { return .kitty }
    guard let start = text.range(of: "\u{1B}[?"),
      let end = text.range(of: "c", range: start.upperBound..<text.endIndex)
    else { return nil }
    // The attribute 4 is sixel graphics; the first number is the kind of terminal.
    let properties = text[start.upperBound..<end.lowerBound].split(separator: ";").dropFirst()
    return properties.contains("4") ? .sixel : nil
  }

  /// Reads to the end of the second answer: `ESC [ ? … c`.
  private static func answer(from terminal: Int32) -> [UInt8] {
    var answer: [UInt8] = []
    let deadline = ContinuousClock.now.advanced(by: .milliseconds(timeoutMilliseconds))
    while answer.count < 4096 {
      let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
      var wait = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
      guard left > 0, unsafe poll(&wait, 1, Int32(left)) > 0 else { break }
      var byte: UInt8 = 0
      guard unsafe read(terminal, &byte, 1) == 1 else { break }
      answer.append(byte)
      if byte == UInt8(ascii: "c"), answer.contains(UInt8(ascii: "?")) { break }
    }
    return answer
  }
}
