import Accounts
import Foundation
import HTTP
import Hashing
import Rendering
import Tensors

/// The command line program.
@main
struct Iris {
  static func main() {
    // These must happen while this is the only thread: later threads would get malloc arenas of their own,
    // and inherit the signals that are blocked here.
    Server.useSingleMallocArena()
    Device.keepFreedMemory()
    HashingLibrary.keepThroughExit()
    CrashSignals.useDefaultActions()
    let signals = SignalDispatcher()
    exit(run(Array(CommandLine.arguments.dropFirst()), signals: signals))
  }

  /// Runs one command.
  /// - Returns: The exit status: 0, 1 if the command failed, 2 if the command line is not valid.
  private static func run(_ arguments: [String], signals: SignalDispatcher) -> Int32 {
    do {
      try run(Invocation(arguments), signals: signals)
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

  private static func run(_ invocation: Invocation, signals: SignalDispatcher) throws {
    // The service writes these warnings to its log instead.
    if invocation.command != .serve || invocation.has(.help) {
      Console.warn(EnvironmentCheck.warnings(ProcessInfo.processInfo.environment))
    }
    if invocation.has(.help) { return try HelpCommand(invocation).run() }
    switch invocation.command {
    case .generate, .edit: try RenderCommand(invocation, signals: signals).run()
    case .inspect: try InspectCommand(invocation).run()
    case .loras: try LoRAsCommand(invocation).run()
    case .model: try ModelCommand(invocation).run()
    case .modelPrepare: try PrepareCommand(invocation, signals: signals).run()
    case .modelFabricate: try FabricateCommand(invocation, signals: signals).run()
    case .bench: try BenchCommand(invocation).run()
    case .serve: try ServeCommand(invocation, signals: signals).run()
    case .goldenCheck, .goldenRecord: try GoldenCommand(invocation).run()
    case .accountsCreate, .accountsList, .accountsShow, .accountsCredit, .accountsSuspend,
      .accountsResume:
      try AccountsCommand(invocation).run()
    case .keysCreate, .keysList, .keysShow, .keysUpdate, .keysRotate, .keysRevoke:
      try KeysCommand(invocation).run()
    case .usage: try UsageCommand(invocation).run()
    case .ledger: try LedgerCommand(invocation).run()
    case .storeBackup, .storeCheck, .storeMigrate: try StoreCommand(invocation).run()
    case .help: try HelpCommand(invocation).run()
    case .completion: try CompletionCommand(invocation).run()
    case .man: try Console.print(ManualPage.text)
    case .version: try Console.print("iris \(Version.current) (\(Version.commit))")
    }
  }
}
