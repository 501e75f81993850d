import Foundation
import TestSupport
import Testing

/// The tests of PostgreSQL on a machine without it.
@Suite struct MissingServerTests {
  @Test func `where there is no PostgreSQL its tests are skipped, and the run says so`() throws {
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let run = try ProgramRun.run(
      [program, "--testing-library", "swift-testing", "--filter", "PostgreSQLTests"],
      environment: ["IRIS_TEST_POSTGRESQL": "/nowhere"])
    #expect(run.status == 0, "\(run.output)")
    #expect(run.output.contains(PostgreSQLCluster.missing), "\(run.output)")
    #expect(!run.output.contains("✔ Test \""), "\(run.output)")
  }
}
