import Foundation
import Testing

/// A terminal that the program runs in, and that a test watches.
final class PseudoTerminal {
  private let master: Int32
  /// The end that the program has.
  let slave: FileHandle
  /// The bytes written to it so far.
  private(set) var bytes: [UInt8] = []

  init(columns: UInt16) throws {
    master = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    try #require(master >= 0)
    var (number, lock): (Int32, Int32) = (0, 0)
    // Numbers of Linux's ioctl_tty(2): TIOCSPTLCK, which opens the other end, and TIOCGPTN, its name.
    try #require(unsafe ioctl(master, 0x4004_5431, &lock) == 0)
    try #require(unsafe ioctl(master, 0x8004_5430, &number) == 0)
    let descriptor = unsafe open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    try #require(descriptor >= 0)
    slave = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    resize(columns: columns)
  }

  deinit { close(master) }

  /// The text so far.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The lines drawn in place of one another, in order.
  var frames: [String] { text.components(separatedBy: "\r\u{1B}[K") }

  /// Makes the window wider or narrower; the kernel tells the program.
  func resize(columns: UInt16) {
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    unsafe withUnsafeMutablePointer(to: &size) { _ = unsafe ioctl(master, UInt(TIOCSWINSZ), $0) }
  }

  /// Answers as a terminal does.
  func type(_ text: String) { unsafe text.withCString { _ = unsafe write(master, $0, strlen($0)) } }

  /// Reads until something was written or nothing more comes; false at the end of the time.
  /// - Parameter isDone: The condition that ends the reading.
  func read(seconds: Double = 60, until isDone: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !isDone() {
      guard ContinuousClock.now < deadline else { return false }
      var wait = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&wait, 1, 50) > 0 else { continue }
      var buffer = [UInt8](repeating: 0, count: 65536)
      let count = unsafe Foundation.read(master, &buffer, buffer.count)
      if count > 0 { bytes += buffer[..<count] }
    }
    return true
  }

  /// Reads until a program has ended, and what it left.
  func read(toEndOf process: Process) -> Bool {
    let ended = read { !process.isRunning }
    var settled = -1
    _ = read(seconds: 1) {
      defer { settled = bytes.count }
      return settled > 0 && settled == bytes.count
    }
    return ended
  }
}
