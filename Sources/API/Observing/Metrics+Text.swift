internal import FoundationEssentials
internal import Glibc
internal import Rendering

extension Metrics {
  /// Everything in Prometheus' text format, version 0.0.4.
  func text(gauge: RenderService.Gauge) -> String {
    let counts = counts
    var lines: [String] = []
    func add(_ name: String, _ type: String, _ help: String, _ samples: [String]) {
      lines += ["# HELP \(name) \(help)", "# TYPE \(name) \(type)"] + samples
    }
    add(
      "iris_requests_total", "counter", "Requests by route and status; 0: the client left first.",
      counts.requests.map { kind, count in
        "iris_requests_total{route=\"\(kind.route)\",code=\"\(kind.status)\"} \(count)"
      }.sorted())
    add(
      "iris_refusals_total", "counter", "Requests that failed, by the error's code.",
      counts.refusals.map { "iris_refusals_total{reason=\"\($0)\"} \($1)" }.sorted())
    add("iris_queue_depth", "gauge", "Renders that wait.", ["iris_queue_depth \(gauge.waiting)"])
    add(
      "iris_renders_running", "gauge", "Renders that run.",
      ["iris_renders_running \(gauge.running)"])
    add(
      "iris_wait_seconds", "histogram", "Time in the queue.",
      counts.wait.lines("iris_wait_seconds"))
    add(
      "iris_render_seconds", "histogram", "Time of finished renders.",
      counts.render.lines("iris_render_seconds"))
    add(
      "iris_steps_per_second", "gauge", "Speed of the last render's steps after the first.",
      counts.stepsPerSecond.map { ["iris_steps_per_second \($0)"] } ?? [])
    add(
      "iris_received_bytes_total", "counter", "Bytes of accepted bodies.",
      ["iris_received_bytes_total \(counts.bytesIn)"])
    add(
      "iris_sent_bytes_total", "counter", "Bytes of answers.",
      ["iris_sent_bytes_total \(counts.bytesOut)"])
    add(
      "process_resident_memory_bytes", "gauge", "Resident memory.",
      Self.residentBytes.map { ["process_resident_memory_bytes \($0)"] } ?? [])
    add(
      "iris_build_info", "gauge", "The version that runs.",
      ["iris_build_info{version=\"\(Version.current)\"} 1"])
    return lines.joined(separator: "\n") + "\n"
  }

  /// The second number of `/proc/self/statm`, in pages.
  private static var residentBytes: Int? {
    let text = FileManager.default.contents(atPath: "/proc/self/statm").map {
      String(decoding: $0, as: UTF8.self)
    }
    let fields = text?.split(separator: " ") ?? []
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}
