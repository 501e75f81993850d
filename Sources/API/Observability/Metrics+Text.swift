import Flux2
import Rendering

extension Metrics {
  /// Values that are not counted but read at the moment of the scrape.
  struct Gauges {
    let renders: RenderService.QueueStatistics
    let cache: ConditioningCacheStatistics
    let isReady: Bool
    /// True for each model that renders at once, by its id.
    let loadedModels: [String: Bool]
    let currency: String
    let memoryLimitBytes: Int
    let memoryReservedBytes: Int
  }

  /// Returns all metrics as Prometheus reads them.
  func text(_ gauges: Gauges) -> String {
    let counts = counts
    var text = MetricsText()
    Self.add(gauges, to: &text)
    Self.addRequests(counts, to: &text)
    Self.addRenders(counts, to: &text)
    Self.addKeys(counts.keys.counts, to: &text)
    counts.metering.add(to: &text, currency: gauges.currency)
    ProcessUsage.current.add(to: &text)
    text.add(
      "iris_build_info", .gauge, "The version that runs, and the commit it was built from.",
      [(labels: ["version": Version.current, "commit": Version.commit], value: 1)])
    return text.text
  }

  private static func add(_ gauges: Gauges, to text: inout MetricsText) {
    text.add(
      "iris_ready", .gauge, "1 if renders are accepted, as /readyz says.", gauges.isReady ? 1 : 0)
    text.add(
      "iris_model_loaded", .gauge,
      "1 for a model that renders at once, 0 for one that is loaded first.",
      gauges.loadedModels.map { (labels: ["model": $0], value: $1 ? 1 : 0) })
    text.add("iris_queue_depth", .gauge, "Renders that wait.", gauges.renders.waiting)
    text.add("iris_renders_running", .gauge, "Renders that run.", gauges.renders.running)
    text.add(
      "iris_memory_limit_bytes", .gauge,
      "The memory limit of images and renders: the setting memory.",
      gauges.memoryLimitBytes)
    text.add(
      "iris_memory_reserved_bytes", .gauge, "Memory reserved by accepted requests, of that limit.",
      gauges.memoryReservedBytes)
    text.add(
      "iris_conditioning_cache_hits_total", .counter,
      "Prompts and references whose encoding was kept from an earlier render.",
      gauges.cache.hitCount)
    text.add(
      "iris_conditioning_cache_misses_total", .counter,
      "Prompts and references that had to be encoded.", gauges.cache.missCount)
    text.add(
      "iris_conditioning_cache_bytes", .gauge, "Bytes of the encodings that are kept.",
      gauges.cache.byteCount)
  }

  private static func addRequests(_ counts: Counts, to text: inout MetricsText) {
    text.add(
      "iris_requests_total", .counter, "Requests by route and status; 0: the client left first.",
      counts.requests.map { kind, count in
        (labels: ["route": kind.route, "code": "\(kind.status)"], value: count)
      })
    text.add(
      "iris_refusals_total", .counter, "Requests that failed, by the error's code.",
      counts.refusals.map { (labels: ["reason": $0], value: $1) })
    text.add("iris_received_bytes_total", .counter, "Bytes of accepted bodies.", counts.bytesIn)
    text.add("iris_sent_bytes_total", .counter, "Bytes of answers.", counts.bytesOut)
  }

  private static func addRenders(_ counts: Counts, to text: inout MetricsText) {
    text.add(
      "iris_wait_seconds", .histogram, "Time in the queue.",
      lines: counts.wait.lines("iris_wait_seconds"))
    text.add(
      "iris_render_seconds", .histogram, "Time of finished renders.",
      lines: counts.render.lines("iris_render_seconds"))
    text.add(
      "iris_steps_per_second", .gauge, "Denoising steps a second of the last render.",
      counts.stepsPerSecond)
  }

  private static func addKeys(_ counts: [String: KeyCounts.Counts], to text: inout MetricsText) {
    text.add(
      "iris_key_requests_total", .counter, "Requests by the key's id and status.",
      counts.flatMap { key, count in
        count.requests.map { (labels: ["key": key, "code": "\($0)"], value: $1) }
      })
    text.add(
      "iris_key_render_seconds_total", .counter, "Time of renders by the key's id.",
      counts.map { (labels: ["key": $0], value: $1.renderSeconds) })
  }
}
