import Foundation
import Imaging
import Rendering

/// Draws images in terminals that can.
struct TerminalImage {
  /// How a terminal is told.
  enum Language: Equatable {
    /// kitty's graphics protocol, which Ghostty, WezTerm and Konsole speak too.
    case kitty
    /// iTerm2's inline images; WezTerm, VS Code and mintty know them.
    case iTerm2
    /// DEC's sixels.
    case sixel
  }

  private let language: Language
  private let output = STDOUT_FILENO

  /// Finds out what the terminal understands.
  init() throws(UsageError) {
    guard Console.outputIsTerminal else {
      throw UsageError("--show draws in a terminal, and standard output is none")
    }
    let environment = ProcessInfo.processInfo.environment
    guard environment["TERM"] != "dumb",
      let language = Self.language(environment) ?? TerminalQuery.language()
    else {
      throw UsageError(
        "--show: this terminal shows no images; those that do are kitty, iTerm2 and those with sixels"
      )
    }
    self.language = language
  }

  /// Goes by what terminals say of themselves; nil where only asking helps.
  ///
  /// Inside tmux and screen, what the outer terminal said is no help.
  static func language(_ environment: [String: String]) -> Language? {
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

  /// Draws an image, with a line break behind it.
  func show(_ image: RenderedImage) throws(CommandFailure) {
    let size = Terminal.size(of: output)
    let bytes: [UInt8]
    switch language {
    case .kitty:
      bytes = Self.kitty(image.png, columns: Self.columns(of: image.raster, in: size))
    case .iTerm2: bytes = Self.iTerm2(image.png)
    case .sixel:
      bytes = SixelEncoder.encode(image.raster, width: Self.pixels(of: image.raster, in: size))
    }
    guard OpenDescriptor.write(bytes + Array("\n".utf8), to: output) else {
      throw CommandFailure("standard output cannot be written to")
    }
  }

  /// Columns to scale an image to; nil where it fits as it is.
  private static func columns(of raster: Raster, in size: winsize?) -> Int? {
    guard let size, size.ws_xpixel > 0 else { return nil }
    return raster.width > Int(size.ws_xpixel) ? Int(size.ws_col) : nil
  }

  /// Pixels from left to right: the image's own, or the terminal's.
  private static func pixels(of raster: Raster, in size: winsize?) -> Int {
    let columns = size.map { Int($0.ws_col) } ?? 80
    let width = size.map { Int($0.ws_xpixel) } ?? 0
    return min(raster.width, max(width > 0 ? width : columns * 8, 6))
  }

  /// The PNG in pieces of 4096 characters, as the protocol asks; no answer is wanted.
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
