import Foundation

/// Asks a terminal what it can do.
enum TerminalQuery {
  /// What may pass until it has answered, in milliseconds; over a slow connection, too.
  private static let patience: Int32 = 1000

  /// Asks for kitty's graphics, then for what kind of terminal it is, which every one answers: once that
  /// is there, nothing more is waited for.
  static func language() -> TerminalImage.Language? {
    let terminal = unsafe open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard terminal >= 0 else { return nil }
    defer { close(terminal) }
    var settings = termios()
    guard unsafe tcgetattr(terminal, &settings) == 0 else { return nil }
    var raw = settings
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    guard unsafe tcsetattr(terminal, TCSANOW, &raw) == 0 else { return nil }
    // What comes too late is not to be typed to the shell.
    defer { unsafe tcsetattr(terminal, TCSAFLUSH, &settings) }
    let question = "\u{1B}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u{1B}\\\u{1B}[c"
    guard OpenDescriptor.write(Array(question.utf8), to: terminal) else { return nil }
    return language(in: answer(from: terminal))
  }

  /// Understands an answer.
  static func language(in answer: [UInt8]) -> TerminalImage.Language? {
    let text = String(decoding: answer, as: UTF8.self)
    if text.contains("\u{1B}_Gi=31;OK") { return .kitty }
    guard let start = text.range(of: "\u{1B}[?"),
      let end = text.range(of: "c", range: start.upperBound..<text.endIndex)
    else { return nil }
    // The fourth of the properties is sixels; the first number is the kind of terminal.
    let properties = text[start.upperBound..<end.lowerBound].split(separator: ";").dropFirst()
    return properties.contains("4") ? .sixel : nil
  }

  /// Reads to the end of the second answer: `ESC [ ? … c`.
  private static func answer(from terminal: Int32) -> [UInt8] {
    var answer: [UInt8] = []
    let deadline = ContinuousClock.now.advanced(by: .milliseconds(Int(patience)))
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
