import Foundation

/// libfaketime, by which a program's wall clock is another than the machine's.
public enum FakeClock {
  /// Why tests are skipped without it.
  public static let missing =
    "NOT TESTED: there is no libfaketime here; `./iris test` installs Debian's faketime"

  /// True if it is installed.
  public static var isInstalled: Bool { library != nil }

  /// The command that becomes another, given behind it, whose wall clock is off by a time, such as `+1h`; clocks
  /// that only measure are left as they are.
  ///
  /// The shell in between has the library add to its environment: it would move that of a Swift program, which
  /// finds its arguments beside it.
  public static func launcher(_ offset: String) -> [String] {
    library.map {
      [
        "/usr/bin/env", "LD_PRELOAD=\($0)", "FAKETIME=\(offset)", "FAKETIME_DONT_FAKE_MONOTONIC=1",
        "/bin/sh", "-c", #"exec "$0" "$@""#,
      ]
    } ?? []
  }

  /// The library for programs with threads, in the folder of this machine's architecture.
  private static var library: String? {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
    return folders.map { "/usr/lib/\($0)/faketime/libfaketimeMT.so.1" }
      .first { FileManager.default.isReadableFile(atPath: $0) }
  }
}
