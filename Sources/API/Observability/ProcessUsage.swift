import FoundationEssentials
import Glibc

/// The resources that this process uses, under the names that Prometheus' client libraries share.
struct ProcessUsage {
  let cpuSeconds: Double
  let virtualBytes: Int?
  let residentBytes: Int?
  let openFiles: Int?
  let maximumFiles: Double
  /// In seconds since 1970.
  let startSeconds: Double?

  /// Measures the present usage; a value that the system does not tell is nil.
  static var current: ProcessUsage {
    let pages = numbers(in: "/proc/self/statm")
    let pageBytes = Int(sysconf(Int32(_SC_PAGESIZE)))
    return ProcessUsage(
      cpuSeconds: cpuSeconds,
      virtualBytes: pages.first.map { $0 * pageBytes },
      residentBytes: pages.dropFirst().first.map { $0 * pageBytes },
      // The directory is open itself while it is read.
      openFiles: (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))
        .map { $0.count - 1 },
      maximumFiles: maximumFiles, startSeconds: startSeconds)
  }

  /// Adds all of it to the metrics.
  func add(to text: inout MetricsText) {
    text.add(
      "process_cpu_seconds_total", .counter, "Processor time of user and system.", cpuSeconds)
    text.add("process_virtual_memory_bytes", .gauge, "Virtual memory.", virtualBytes)
    text.add("process_resident_memory_bytes", .gauge, "Resident memory.", residentBytes)
    text.add("process_open_fds", .gauge, "Open file descriptors.", openFiles)
    text.add("process_max_fds", .gauge, "File descriptors that may be open.", maximumFiles)
    text.add(
      "process_start_time_seconds", .gauge, "When the process started, since 1970.", startSeconds)
  }

  private static var cpuSeconds: Double {
    var usage = rusage()
    guard unsafe getrusage(Int32(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return [usage.ru_utime, usage.ru_stime].reduce(0) {
      $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
    }
  }

  private static var maximumFiles: Double {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard unsafe getrlimit(resource, &limit) == 0 else { return 0 }
    return Double(limit.rlim_cur)
  }

  /// From the 22nd field of `/proc/self/stat`, in ticks since the system started.
  ///
  /// The time of that start is in `/proc/stat`. The second field is a file's name in parentheses and may hold
  /// blanks.
  private static var startSeconds: Double? {
    let line = contents("/proc/self/stat")
    guard let name = line.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = line[(name + 1)...].split(separator: UInt8(ascii: " "))
    let boot = contents("/proc/stat").split(separator: UInt8(ascii: "\n"))
      .first { $0.starts(with: "btime ".utf8) }
    guard fields.count > 19, let ticks = number(fields[19]),
      let seconds = boot.flatMap({ number($0.dropFirst(6)) })
    else { return nil }
    return Double(seconds) + Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  private static func numbers(in path: String) -> [Int] {
    contents(path).split(separator: UInt8(ascii: " ")).compactMap(number)
  }

  private static func number(_ text: ArraySlice<UInt8>) -> Int? {
    Int(String(decoding: text, as: UTF8.self))
  }

  private static func contents(_ path: String) -> [UInt8] {
    FileManager.default.contents(atPath: path).map { Array($0) } ?? []
  }
}
