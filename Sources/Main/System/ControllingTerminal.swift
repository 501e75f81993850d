import Foundation

/// The terminal from which the program was started, if it still has one.
struct ControllingTerminal {
  private let wasThere = Self.isThere

  /// Whether there was one when this was made, and there is none any more: it was closed, or the
  /// connection to it broke.
  var isLost: Bool { wasThere && !Self.isThere }

  private static var isThere: Bool {
    let descriptor = unsafe open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    close(descriptor)
    return true
  }
}
