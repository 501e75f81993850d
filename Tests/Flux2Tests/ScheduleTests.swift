import Flux2
import TestSupport
import Testing

@Suite struct ScheduleTests {
  private struct Row: Decodable {
    let tokens: Int
    let steps: Int
    let mu: Double
    let timesteps: [Double]
    let sigmas: [Double]
  }

  @Test(arguments: ReferenceModel.all)
  func `levels are the scheduler's to the last bit`(model: ReferenceModel) throws {
    let configuration = try SchedulerConfiguration(
      file: "\(model.directory)/scheduler/scheduler_config.json")
    let rows: [Row] = try Fixture.json("\(model.folder)/schedule.json")
    for row in rows {
      let schedule = Schedule(
        stepCount: row.steps, tokenCount: row.tokens, configuration: configuration)
      #expect(schedule.sigmas == row.sigmas.map { Float($0) }, "\(row.tokens), \(row.steps)")
      #expect(schedule.timesteps == row.timesteps.map { Float($0) }, "\(row.tokens)")
      #expect(
        Schedule.empiricalMu(stepCount: row.steps, tokenCount: row.tokens) == row.mu,
        "\(row.tokens), \(row.steps)")
    }
  }

  @Test func `the last step ends without noise`() {
    let schedule = Schedule(stepCount: 1, tokenCount: 256)
    #expect(schedule.sigmas == [1, 0])
    #expect(schedule.steps.map { [$0.timestep, $0.sigma, $0.nextSigma] } == [[1, 1, 0]])
  }

  @Test(arguments: [
    (1.0, 4, 0), (0.75, 4, 1), (0.7, 4, 1), (0.5, 4, 2), (0.0, 4, 4), (0.1, 4, 3), (0.6, 5, 2),
    (0.5, 1, 0), (0.0, 1, 1),
  ])
  func `strength skips the first steps`(strength: Double, steps: Int, skipped: Int) {
    let whole = Schedule(stepCount: steps, tokenCount: 256)
    let rest = whole.remaining(strength: strength)
    #expect(rest.steps == Array(whole.steps.dropFirst(skipped)))
    #expect(rest.sigmas.last == 0)
  }
}
