import Foundation
import Main
import Testing

@Suite struct ControlGroupTests {
  /// Tests of limits read from a tree of files.
  private func groups(_ files: [String: String]) throws -> (memory: Int?, processors: Int?) {
    let program = try IrisProgram()
    for (path, text) in files {
      let file = program.directory.appending(path: path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data((text + "\n").utf8).write(to: file)
    }
    let groups = CgroupLimits(root: program.directory.path)
    return (groups.memoryByteCount, groups.processorCount)
  }

  private static let unified =
    "25 1 0:22 / / rw - ext4 /dev/vda rw\n31 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw"

  @Test func `version 2: the least limit of the own group and of those above it counts`() throws {
    let files = [
      "proc/self/cgroup": "0::/system.slice/iris.service",
      "proc/self/mountinfo": Self.unified,
      "sys/fs/cgroup/system.slice/iris.service/memory.max": "8589934592",
      "sys/fs/cgroup/system.slice/iris.service/cpu.max": "250000 100000",
      "sys/fs/cgroup/system.slice/memory.max": "4294967296",
      "sys/fs/cgroup/system.slice/cpu.max": "max 100000",
      "sys/fs/cgroup/other/memory.max": "1",
    ]
    var limits = try groups(files)
    #expect(limits.memory == 4 << 30 && limits.processors == 3)
    let high = "sys/fs/cgroup/system.slice/iris.service/memory.high"
    limits = try groups(files.merging([high: "1073741824"]) { $1 })
    #expect(limits.memory == 1 << 30)
    limits = try groups(files.merging([high: "max"]) { $1 })
    #expect(limits.memory == 4 << 30)
  }

  @Test func `version 2 in a container: its root is its own group`() throws {
    for (path, root) in [("/", "/"), ("/../../x", "/"), ("/docker/ab", "/docker/ab")] {
      let limits = try groups([
        "proc/self/cgroup": "0::\(path)",
        "proc/self/mountinfo": "31 25 0:26 \(root) /sys/fs/cgroup ro - cgroup2 cgroup rw",
        "sys/fs/cgroup/memory.max": "536870912", "sys/fs/cgroup/cpu.max": "100000 100000",
      ])
      #expect(limits.memory == 512 << 20 && limits.processors == 1, "\(path) in \(root)")
    }
  }

  @Test func `version 1: each controller has a tree of its own`() throws {
    let limits = try groups([
      "proc/self/cgroup":
        "9:name=systemd:/a\n4:memory:/iris/b\n3:cpuset:/\n1:cpu,cpuacct:/c\n0::/",
      "proc/self/mountinfo":
        """
      32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
      35 31 0:32 / /sys/fs/cgroup/memory\\040of\\040all rw shared:1 - cgroup cgroup rw,memory
      41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
      """,
      "sys/fs/cgroup/memory of all/memory.limit_in_bytes": "9223372036854771712",
      "sys/fs/cgroup/memory of all/iris/memory.limit_in_bytes": "2147483648",
      "sys/fs/cgroup/memory of all/iris/b/memory.limit_in_bytes": "9223372036854771712",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
      "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us": "150000",
      "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us": "100000",
    ])
    #expect(limits.memory == 2 << 30 && limits.processors == 2)
  }

  @Test func `without limits, or without control groups, there is none`() throws {
    for files in [
      [:], ["proc/self/cgroup": "nonsense\n0:", "proc/self/mountinfo": "nonsense"],
      [
        "proc/self/cgroup": "0::/a", "proc/self/mountinfo": Self.unified,
        "sys/fs/cgroup/a/memory.max": "max", "sys/fs/cgroup/a/cpu.max": "max 100000",
      ],
    ] {
      let limits = try groups(files)
      #expect(limits.memory == nil && limits.processors == nil)
    }
  }
}
