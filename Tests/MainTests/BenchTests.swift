import Foundation
import Testing

@Suite struct BenchTests {
  @Test func `products, blocks, stages and renders are measured`() throws {
    let program = try IrisProgram()
    let outcome = try program.run(
      "bench", "--shape", "tiny", "--size", "64x64", "--steps", "1", "--runs", "1", "-q")
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    for expected in ["tiny, 64x64, 1 steps", "registers", "single input 528x2304x256", "step"] {
      #expect(outcome.output.contains(expected), "\(expected) in\n\(outcome.output)")
    }
  }

  @Test func `--json prints the same as one object`() throws {
    let program = try IrisProgram()
    let outcome = try program.run(
      "bench", "--size", "64x64", "--steps", "2", "--runs", "1", "--json", "-t1",
      "--precision", "bfloat16")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(object["precision"] as? String == "bfloat16" && object["threads"] as? Int == 1)
    let rows = try #require(object["measurements"] as? [[String: Any]])
    let step = try #require(rows.first { $0["name"] as? String == "step" })
    #expect(step["samples"] as? Int == 2)
    #expect((step["of_square_product"] as? Double ?? 0) > 0)
  }

  @Test func `a model directory is measured instead of a shape`() throws {
    let program = try IrisProgram()
    let outcome = try program.run(
      "bench", "--model", ModelTests.model("tiny"), "--size", "64x64", "--steps", "1", "--runs",
      "1", "-q")
    #expect(outcome.status == 0 && outcome.output.contains("double stream block"))
    let both = try program.run("bench", "--model", ModelTests.model("tiny"), "--shape", "tiny")
    #expect(both.status == 2 && both.errors.contains("exclude each other"))
  }
}
