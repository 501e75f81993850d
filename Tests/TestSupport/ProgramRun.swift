public import Foundation

/// A program that ran to its end.
public struct ProgramRun: Sendable {
  /// Its exit status.
  public let status: Int32
  /// The bytes that it wrote to standard output, and to standard error where that was not kept apart.
  public let bytes: [UInt8]

  /// The text that it wrote.
  public var output: String { String(decoding: bytes, as: UTF8.self) }

  /// Runs a program.
  /// - Parameters:
  ///   - command: Its name or path, looked up as a shell does, and its arguments.
  ///   - folder: The folder that it runs in; nil for that of the tests.
  ///   - environment: Variables beside those of the tests.
  ///   - input: A file for its standard input; nil for an empty one.
  /// - Returns: Its status and all that it wrote, errors too.
  public static func run(
    _ command: [String], in folder: URL? = nil, environment: [String: String] = [:],
    input: URL? = nil
  ) throws -> ProgramRun {
    let (process, pipe) = (Process(), Pipe())
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = try input.map { try FileHandle(forReadingFrom: $0) } ?? .nullDevice
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return ProgramRun(status: process.terminationStatus, bytes: [UInt8](data))
  }
}
