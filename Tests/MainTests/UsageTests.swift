import Foundation
import Main
import Testing

@Suite struct UsageTests {
  /// Arguments, and what the message must contain.
  static let mistakes: [([String], String)] = [
    ([], "generate, edit, inspect, loras, model"),
    (["generat", "a fox"], "did you mean `generate`"),
    (["frob"], "the commands are"),
    (["render"], "did you mean `generate`"),
    (["serv"], "did you mean `serve`"),
    (["keys"], "iris keys create"),
    (["keys", "revoke"], "needs an ID"),
    (["serve", "--prot", "1"], "did you mean --port"),
    (["serve", "--port", "65536"], "0 to 65535"),
    (["serve", "--deadline", "0"], "1.0 to 86400.0"),
    (["serve", "--log-format", "xml"], "json or text"),
    (["serve", "--socket", "s", "--port", "1"], "exclude each other"),
    (["serve", "--no-auth", "--host", "0.0.0.0"], "loopback"),
    (["serve", "--no-auth", "--host", "127.0.0.1.example.com"], "loopback"),
    (["generate"], "needs a PROMPT"),
    (["generate", "a", "fox"], "quotes"),
    (["generate", "a fox", "--sead", "4"], "did you mean --seed"),
    (["generate", "a fox", "--xyzzyplugh"], "--output"),
    (["generate", "a fox", "--widht", "64"], "did you mean --size"),
    (["generate", "a fox", "--hieght=64"], "did you mean --size"),
    (["generate", "a fox", "--outt", "a.png"], "did you mean --output"),
    (["generate", "--promt", "a fox"], "the prompt is written without an option"),
    (["generate", "a fox", "--gudiance", "3"], "did you mean --guidance"),
    (["generate", "a fox", "--cfg-scal", "3"], "did you mean --guidance"),
    (["generate", "a fox", "--negativ_prompt", "x"], "--negative-prompt"),
    (["generate", "a fox", "--num-inference-step", "3"], "did you mean --steps"),
    (["generate", "a fox", "--image", "a.png"], "`iris generate` has no option --image"),
    (["generate", "a fox", "--seed"], "--seed needs a value"),
    (["generate", "a fox", "--seed", "--quiet"], "--seed needs a value"),
    (["generate", "a fox", "--steps", "1", "--steps=2"], "twice"),
    (["generate", "a fox", "--seed", "1", "--seed=1"], "twice"),
    (["generate", "a fox", "--quiet=yes"], "takes no value"),
    (["generate", "a fox", "--seed", "1.5"], "0 to 9007199254740991"),
    (["generate", "a fox", "--seed", "9007199254740992"], "0 to 9007199254740991"),
    (["generate", "a fox", "--seed", "-2"], "or -1"),
    (["generate", "a fox", "--size", "768"], "768x512"),
    (["generate", "a fox", "--size", "63x64"], "64 to 2048"),
    (["generate", "a fox", "--size", "64x2049"], "64 to 2048"),
    (["generate", "a fox", "--steps", "0"], "1 to 50"),
    (["generate", "a fox", "--steps", "51"], "1 to 50"),
    (["generate", "a fox", "--steps", "four"], "1 to 50"),
    (["generate", "a fox", "--guidance", "0.5"], "1 to 20"),
    (["generate", "a fox", "--guidance", "nan"], "1 to 20"),
    (["generate", "a fox", "--lora-strength", "2"], "0 to 1.5"),
    (["generate", "a fox", "--lora", "drak"], "known are none"),
    (["generate", "a fox", "--threads", "0"], "1 to 256"),
    (["generate", "a fox", "--prompt-cache", "-1"], "0 to 16777216"),
    (["generate", "a fox", "--transformer", "t"], "--autoencoder"),
    (["generate", String(repeating: "x", count: 2001)], "at most 2000"),
    (["edit", "a fox"], "--image is given 0 times"),
    (["edit", "a fox", "--image", "a", "--strength", "1.01"], "0 to 1"),
    (["inspect"], "needs a FILE"),
    (["model"], "needs a DIR"),
    (["model", "fabricate", "m"], "needs --shape klein-4b|klein-9b|tiny"),
    (["model", "fabricate", "--shape", "tiny"], "needs a DIR"),
    (["model", "fabricate", "m", "--shape", "dev"], "must be klein-4b"),
    (["model", "fabricate", "m", "--shape", "tiny", "--outliers", "30,x"], "from 2 to 10000"),
    (["help", "generat"], "did you mean `generate`"),
    (["help", "frob"], "the commands are"),
    (["help", "golden", "chek"], "did you mean `golden check`"),
    (["golden", "chek"], "did you mean `golden check`"),
    (["key", "create"], "did you mean `keys`"),
    (["txt2img", "a fox"], "did you mean `generate`"),
    (["install", "x"], "source tree"),
    (["completions"], "needs a SHELL"),
    (["completions", "csh"], "bash, zsh, fish"),
    (["generate", "a fox", "-p", "x"], "written without an option"),
    (["generate", "--prompt=a fox"], "written without an option"),
    (["generate", "a fox", "--width", "512"], "did you mean --size WxH?"),
    (["generate", "a fox", "-W", "512"], "did you mean --size WxH?"),
    (["generate", "a fox", "--n", "2"], "did you mean --count N?"),
    (["generate", "a fox", "--num_images=2"], "did you mean --count N?"),
    (["generate", "a fox", "--mask", "m.png"], "has no option --mask"),
    (["generate", "a fox", "--cfg", "3"], "did you mean --guidance G?"),
    (["generate", "a fox", "--size", "512"], "did you mean 512x512?"),
    (["generate", "a fox", "--guid", "2"], "did you mean --guidance?"),
    (["generate", "a fox", "-seed", "2"], "did you mean --seed?"),
    (["generate", "a fox", "--count", "0"], "1 to 1000"),
    (["generate", "a fox", "--count", "2", "--seed", "9007199254740991"], "beyond the last seed"),
    (["generate", "a fox", "--count", "2", "--seed", "1", "-s2"], "exclude each other"),
    (["generate", "a fox", "-n2", "-o", "fox.png"], "put {seed} or {index}"),
    (["generate", "-", "--from", "-"], "standard input can be one thing only"),
    (["generate", "@"], "written @@"),
    (["generate", "a fox", "--show"], "standard output is none"),
    (["generate", "a fox", "--output", ""], "must name a file"),
    (["generate", "a fox", "--output", "fox.gif"], ".png, .jpg, .jpeg, .webp"),
    (["generate", "a fox", "--output", "new/", "--model", "."], "must name a file"),
    (["--version", "now"], "takes no argument"),
    (["generate", "a fox", "--output", "fox.tif", "--model", "."], "PNG, JPEG and WebP"),
  ]

  @Test(arguments: mistakes.indices)
  func `a mistake is one line that says what is allowed, and status 2`(index: Int) throws {
    let (arguments, expected) = Self.mistakes[index]
    let program = try IrisProgram()
    let outcome = try program.run(arguments)
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains(expected), "\(outcome.errors)")
    #expect(outcome.errors.hasPrefix("iris: "))
    #expect(try program.files.isEmpty)
  }

  @Test func `the variable for the cache of prompts is a number of megabytes`() throws {
    let program = try IrisProgram()
    let outcome = try program.run(
      ["generate", "a fox"], environment: ["IRIS_PROMPT_CACHE": "much"])
    #expect(outcome.status == 2)
    #expect(
      outcome.errors
        == "iris: IRIS_PROMPT_CACHE is `much`; it must be a whole number from 0 to 16777216\n")
  }

  @Test func `a message stays one harmless line whatever was typed`() throws {
    let program = try IrisProgram()
    let outcome = try program.run("generate", "a fox", "--size", "1\n2\u{1B}[2J")
    #expect(outcome.status == 2 && outcome.errors.contains("--size"))
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.dropLast().utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
  }

  @Test(arguments: [
    ["help"], ["--help"], ["-h"], ["help", "edit"], ["edit", "--help"],
    ["help", "golden"], ["golden", "--help"], ["keys", "-h"], ["help", "golden", "check"],
    ["generate", "-h", "--steps", "9"], ["help", "test"], ["help", "install"],
    ["help", "completions"], ["help", "man"], ["help", "model", "fabricate"],
  ])
  func `help is a result, not an error`(arguments: [String]) throws {
    let program = try IrisProgram()
    let outcome = try program.run(arguments)
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    #expect(outcome.output.contains("iris"))
  }

  @Test func `the help of a command names every option it takes`() throws {
    let program = try IrisProgram()
    let output = try program.run("help", "edit").output
    let options = Command.edit.options
    #expect(options.count > 17)
    for option in options { #expect(output.contains(option.spelling), "\(option.spelling)") }
  }

  @Test func `the version is printed`() throws {
    let program = try IrisProgram()
    let outcome = try program.run("--version")
    #expect(outcome.status == 0)
    #expect(
      outcome.output.firstMatch(of: #/^iris [0-9.]+ \((unknown|[0-9a-f]{7,40}(-dirty)?)\)\n$/#)
        != nil)
  }
}
