import Glibc

/// The signals by which a fault of the program, or its watchdog, ends the process.
enum CrashSignals {
  private static let all = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]

  /// Lets them end the process at once, so that whoever watches it can start it again.
  ///
  /// Where a toolchain is installed, Swift's runtime takes them for its backtracer, which stops all threads,
  /// waits without an end for a process that may not look into this one, and would write memory to standard error.
  /// Nor do they stay blocked where whoever started the program had blocked them. Must happen while the program
  /// has one thread, since new threads inherit what is blocked.
  static func useDefaultActions() {
    for signal in all { _ = Glibc.signal(signal, SIG_DFL) }
    SignalSet(all).unblock()
  }
}
