import Accounts
import Foundation
import HTTP
import Rendering

/// The command line program.
@main
struct Iris {
  static func main() {
    // First of all, while this is the only thread: others would have heaps of their own, and inherit
    // what is blocked here.
    Server.useSingleMallocArena()
    let interruption = Interruption()
    exit(run(Array(CommandLine.arguments.dropFirst()), interruption: interruption))
  }

  /// Runs one command.
  /// - Returns: The exit status: 0, 1 if the command failed, 2 if it was not understood.
  private static func run(_ arguments: [String], interruption: Interruption) -> Int32 {
    do {
      let invocation = try Invocation(arguments)
      // A service has a log for it.
      if invocation.command != .serve || invocation.has(.help) {
        Console.warn(EnvironmentCheck.warnings(ProcessInfo.processInfo.environment))
      }
      if invocation.has(.help) {
        try HelpCommand(invocation).run()
        return 0
      }
      switch invocation.command {
      case .generate, .edit:
        try RenderCommand(invocation, interruption: interruption).run()
      case .inspect: try InspectCommand(invocation).run()
      case .model: try ModelCommand(invocation).run()
      case .serve: try ServeCommand(invocation, interruption: interruption).run()
      case .goldenCheck, .goldenRecord: try GoldenCommand(invocation).run()
      case .keysCreate, .keysList, .keysRevoke: try KeysCommand(invocation).run()
      case .help: try HelpCommand(invocation).run()
      case .completion: try CompletionCommand(invocation).run()
      case .man: try Console.print(ManualPage.text)
      case .version: try Console.print("iris \(Version.current) (\(Version.commit))")
      }
      return 0
    } catch let error as UsageError {
      Console.report(error.message)
      return 2
    } catch let error as RenderError where error.code == .invalidRequest {
      Console.report(error.message)
      return 2
    } catch let error as AccountsError {
      Console.report(error.message)
      return 1
    } catch {
      Console.report("\(error)")
      return 1
    }
  }
}
