import Main
import Testing

@Suite struct TextTests {
  @Test(arguments: [
    ("--sead", "--seed"), ("--sed", "--seed"), ("--ouput", "--output"), ("--sede", "--seed"),
    ("--lora-strenght", "--lora-strength"), ("--banana", nil), ("", nil),
    (String(repeating: "-", count: 100_000), nil),
  ])
  func `a misspelt word is recognised if it is near enough`(word: String, expected: String?) {
    let options = Option.allCases.map(\.spelling)
    #expect(Suggestion.closest(to: word, among: options) == expected)
  }

  @Test(arguments: [
    ("plain żółć 🦊", "plain żółć 🦊"), ("a\nb\tc\r", #"a\nb\tc\r"#),
    ("\u{1B}[2J", #"\u{1b}[2J"#), ("\u{202E}gnp", #"\u{202e}gnp"#),
    ("\u{2028}", #"\u{2028}"#), ("👩\u{200D}👧", "👩\u{200D}👧"), ("\u{7F}\u{9B}", #"\u{7f}\u{9b}"#),
  ])
  func `text is made safe to show`(text: String, expected: String) {
    #expect(TextFormat.singleLine(text) == expected)
  }

  @Test(arguments: [
    (0, "0.0 s"), (0.84, "0.8 s"), (59.96, "60.0 s"), (99.96, "1 min 40 s"), (245, "4 min 05 s"),
    (Double.nan, "?"), (Double.infinity, "?"), (-1, "?"),
  ])
  func `durations are written as people read them`(value: Double, expected: String) {
    #expect(TextFormat.duration(value) == expected)
  }

  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (4_210_000, "4.2 MB"), (999_600, "1.0 MB"),
    (15_600_000_000, "15.6 GB"), (2_000_000_000_000, "2000.0 GB"),
  ])
  func `amounts of memory are written as people read them`(count: Int, expected: String) {
    #expect(TextFormat.byteCount(count) == expected)
  }

  @Test func `the bar says step, seconds and what remains`() {
    let line = ProgressLine(
      stage: "denoising", fraction: 0.25, finishedSteps: 1, stepCount: 4, stepSeconds: 2.5)
    #expect(line.plain == "denoising, step 1/4, 2.5 s, ETA 7.5 s")
    #expect(line.bar(columns: 80).filter { $0 == "█" }.count == 6)
    #expect(line.bar(columns: 80).filter { $0 == "░" }.count == 18)
    #expect(line.bar(columns: 80).contains("step 1/4, 2.5 s, ETA 7.5 s"))
  }

  @Test(arguments: [0, 4])
  func `nothing is estimated before the first step and after the last`(finished: Int) {
    let line = ProgressLine(
      stage: "denoising", finishedSteps: finished, stepCount: 4, stepSeconds: 2)
    #expect(!line.plain.contains("ETA") && !line.bar(columns: 200).contains("ETA"))
  }

  @Test func `before the steps there is no bar`() {
    let line = ProgressLine(
      stage: "loading", finishedSteps: 0, stepCount: 0, stepSeconds: 0)
    #expect(line.bar(columns: 80) == "loading" && line.plain == "loading")
  }

  @Test(arguments: 1...200)
  func `the line is shorter than any terminal is wide`(columns: Int) {
    for (stage, steps) in [("denoising", 50), ("image 10 of 12: decoding", 0)] {
      let line = ProgressLine(
        stage: stage, fraction: 0.5, finishedSteps: steps / 2, stepCount: steps, stepSeconds: 612)
      #expect(line.bar(columns: columns).unicodeScalars.count < max(columns, 2))
    }
  }

  @Test func `the bar moves in stages without steps, too`() {
    let bars = [0, 0.5, 1].map { fraction in
      ProgressLine(stage: "decoding", fraction: fraction).bar(columns: 40)
        .filter { $0 == "█" }.count
    }
    #expect(bars == [0, 12, 24])
  }
}
