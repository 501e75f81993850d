import Files
import Foundation

/// The resources of the machine that this process may use, and has used.
enum SystemResources {
  /// The machine's name, without asking the network.
  static var hostName: String {
    let text = try? String(contentsOfFile: "/proc/sys/kernel/hostname", encoding: .utf8)
    return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "localhost"
  }

  /// Usable memory in bytes: the machine's, or the control groups' limit.
  static var memoryByteCount: Int {
    let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    return min(physical, CgroupLimits().memoryByteCount ?? physical)
  }

  /// Usable processors: those in the affinity mask, and no more than the control groups' quota.
  static var processorCount: Int {
    let active = ProcessInfo.processInfo.activeProcessorCount
    return min(active, CgroupLimits().processorCount ?? active)
  }

  /// Has the kernel write no core file of this process, which would have its tokens, prompts and images.
  static func disableCoreFiles() {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    unsafe _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
  }

  /// The largest resident set so far in bytes, mapped weights included.
  static var peakResidentByteCount: Int {
    var usage = rusage()
    guard unsafe getrusage(Int32(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    // Linux reports kilobytes.
    return usage.ru_maxrss * 1024
  }
}

/// The memory and processor limits that control groups, version 1 or 2, set on this process.
///
/// A process is held to the limits of its own group and of every group above it, so the least of them
/// counts. `/proc/self/cgroup` and `/proc/self/mountinfo` say where they are: the path `/sys/fs/cgroup`
/// alone is the root's, or in a container whatever was mounted there.
package struct CgroupLimits {
  /// The directories of one controller, from the process's own group upwards.
  private struct Hierarchy {
    let folders: [String]
    let isUnified: Bool
  }

  /// A line of `/proc/self/mountinfo`.
  private struct Mount {
    /// The part of the hierarchy that is mounted.
    let root: String
    let point: String
    let type: String
    let options: [Substring]
  }

  /// The most bytes of a file; a machine with thousands of mounts has some hundred kilobytes of them.
  private static let fileLimit = 16 << 20

  /// Prefix of every path, for tests.
  private let root: String

  package init(root: String = "") { self.root = root }

  /// The memory limit in bytes; nil if no group has one.
  ///
  /// Above `memory.high` the kernel throttles the group, which for renders is as good as a limit.
  package var memoryByteCount: Int? {
    hierarchies("memory").flatMap { hierarchy in
      let names = hierarchy.isUnified ? ["memory.max", "memory.high"] : ["memory.limit_in_bytes"]
      return hierarchy.folders.flatMap { folder in
        names.compactMap { numbers(folder + "/" + $0).first }
      }
    }.min()
  }

  /// The processor quota, rounded up to whole processors; nil if no group has one.
  package var processorCount: Int? {
    hierarchies("cpu").flatMap { hierarchy in
      hierarchy.folders.compactMap { folder in
        let quota =
          hierarchy.isUnified
          ? numbers(folder + "/cpu.max")
          : numbers(folder + "/cpu.cfs_quota_us") + numbers(folder + "/cpu.cfs_period_us")
        guard quota.count == 2, quota[0] > 0, quota[1] > 0 else { return nil }
        return (quota[0] - 1) / quota[1] + 1
      }
    }.min()
  }

  /// The hierarchies that may set a limit: the one of version 2, and the controller's of version 1.
  private func hierarchies(_ controller: String) -> [Hierarchy] {
    let mounts = text("/proc/self/mountinfo").split(separator: "\n").compactMap(Self.mount)
    return text("/proc/self/cgroup").split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return nil }
      let isUnified = parts[0] == "0" && parts[1].isEmpty
      guard isUnified || parts[1].split(separator: ",").contains(Substring(controller)),
        let mount = mounts.last(where: {
          isUnified
            ? $0.type == "cgroup2"
            : $0.type == "cgroup" && $0.options.contains(Substring(controller))
        })
      else { return nil }
      return Hierarchy(folders: Self.folders(of: String(parts[2]), in: mount), isUnified: isUnified)
    }
  }

  /// The directories of a group and of those above it, as far as they are mounted.
  ///
  /// A path that is not below the mounted part belongs to another namespace; the mount is then the
  /// process's own group.
  private static func folders(of path: String, in mount: Mount) -> [String] {
    let (path, root) = (components(path), components(mount.root))
    let inner = path.starts(with: root) && !path.contains("..") ? path.dropFirst(root.count) : []
    return (0...inner.count).reversed().map { count in
      ([mount.point == "/" ? "" : mount.point] + inner.prefix(count)).joined(separator: "/")
    }
  }

  private static func components(_ path: String) -> [String] {
    path.split(separator: "/").map { String($0) }
  }

  /// `id parent device root point options… - type source options`.
  private static func mount(_ line: Substring) -> Mount? {
    let fields = line.split(separator: " ", omittingEmptySubsequences: false)
    guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else {
      return nil
    }
    return Mount(
      root: unescaped(fields[3]), point: unescaped(fields[4]), type: String(fields[dash + 1]),
      options: fields[dash + 3].split(separator: ","))
  }

  /// Resolves the octal escapes in which the kernel writes blanks and backslashes.
  private static func unescaped(_ text: Substring) -> String {
    ["\\040": " ", "\\011": "\t", "\\012": "\n", "\\134": "\\"].reduce(String(text)) {
      $0.replacing($1.key, with: $1.value)
    }
  }

  /// The numbers in a file; empty if it is missing or says `max`.
  private func numbers(_ path: String) -> [Int] {
    text(path).split(whereSeparator: \.isWhitespace).map { Int($0) }.prefix { $0 != nil }
      .compactMap { $0 }
  }

  private func text(_ path: String) -> String {
    let bytes = try? BoundedFile.bytes(ofKernelFile: root + path, limit: Self.fileLimit)
    return bytes.map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
