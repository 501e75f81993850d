import Flux2
import Rendering

/// `iris model DIR`: configuration, parameter counts, memory needed, tensor check.
struct ModelCommand {
  private let files: ModelFiles
  private let asJSON: Bool

  init(_ invocation: Invocation) throws {
    files = try ModelSelection.files(invocation, directory: invocation.operand, fallback: nil)
    asJSON = invocation.has(.json)
  }

  func run() throws {
    let inspector = try ModelInspector(files)
    Console.warn(
      ModelWarnings.about(
        indexKeys: inspector.indexKeys, repeatedKeys: inspector.repeatedKeys))
    if asJSON {
      try inspector.checkTensors()
      try Console.print(JSONOutput.text(ModelReport(inspector)))
      return
    }
    // What can be said of a model that fails the check helps to see why.
    for line in ModelReport(inspector).lines { try Console.print(line) }
    try inspector.checkTensors()
    try Console.print(
      ModelReport.row("tensors", "complete: names and shapes are what they should be"))
  }
}
