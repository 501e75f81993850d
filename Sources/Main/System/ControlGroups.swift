import Foundation

/// What the control groups of this process allow it, in both of the kernel's versions of them.
///
/// A process is held to the limits of its own group and of every group above that, so the least of
/// them counts. Where they lie is told by `/proc/self/cgroup` and `/proc/self/mountinfo`: the path
/// `/sys/fs/cgroup` alone is the root's, or in a container whatever was mounted there.
package struct ControlGroups {
  /// The folders of one controller, from the process's own group upwards.
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

  /// What stands before every path, for tests.
  private let root: String

  package init(root: String = "") { self.root = root }

  /// The bytes of memory that may be used; nil where no group has a limit.
  ///
  /// Beyond `memory.high` the kernel slows a group down until it needs less, which for renders is as
  /// good as a limit.
  package var memoryByteCount: Int? {
    hierarchies("memory").flatMap { hierarchy in
      let names = hierarchy.isUnified ? ["memory.max", "memory.high"] : ["memory.limit_in_bytes"]
      return hierarchy.folders.flatMap { folder in
        names.compactMap { numbers(folder + "/" + $0).first }
      }
    }.min()
  }

  /// How many processors' time may be used, begun ones counted; nil where no group has a limit.
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

  /// The hierarchies that may limit something: that of version 2, and that of the controller.
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

  /// The folders of a group and of those above it, as far as they are mounted.
  ///
  /// A path that is not below the mounted part is another namespace's; what is mounted is then the
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

  /// The kernel writes blanks and backslashes as three octal digits.
  private static func unescaped(_ text: Substring) -> String {
    ["\\040": " ", "\\011": "\t", "\\012": "\n", "\\134": "\\"].reduce(String(text)) {
      $0.replacing($1.key, with: $1.value)
    }
  }

  /// The numbers of a file; none where it is not there or says `max`.
  private func numbers(_ path: String) -> [Int] {
    text(path).split(whereSeparator: \.isWhitespace).map { Int($0) }.prefix { $0 != nil }
      .compactMap { $0 }
  }

  private func text(_ path: String) -> String {
    FileManager.default.contents(atPath: root + path)
      .map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

/// What this process may use of the machine.
enum Machine {
  /// Bytes of memory.
  static var memoryByteCount: Int {
    let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    return min(physical, ControlGroups().memoryByteCount ?? physical)
  }

  /// Processors: those it may run on, and no more than its share of their time.
  static var processorCount: Int {
    let active = ProcessInfo.processInfo.activeProcessorCount
    return min(active, ControlGroups().processorCount ?? active)
  }
}
