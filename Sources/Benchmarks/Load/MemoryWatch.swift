/// The memory of a process over a while, once a second.
struct MemoryWatch {
  private let task: Task<[Int], Never>

  init(_ memory: ProcessMemory) {
    task = Task {
      var bytes: [Int] = []
      while !Task.isCancelled {
        bytes.append(memory.residentBytes)
        try? await Task.sleep(for: .seconds(1))
      }
      return bytes
    }
  }

  /// Stops watching: megabytes a fifth into it, when it is warm, in the middle, and at the end.
  func end() async -> String {
    task.cancel()
    let bytes = await task.value
    guard let last = bytes.last else { return "unknown" }
    let (early, middle) = (bytes[bytes.count / 5], bytes[bytes.count / 2])
    let ratio = (Double(last) / Double(max(1, early)) * 1000).rounded() / 1000
    return "\(early >> 20), \(middle >> 20), \(last >> 20) MB (ratio \(ratio))"
  }
}
