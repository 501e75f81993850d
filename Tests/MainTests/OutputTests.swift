import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct OutputTests {
  static let model = RenderCase.folder("tiny").appending(path: "model").path
  static let options = ["--model", model, "--size", "64x64", "--quiet"]
  static let fox = ["generate", "a fox"] + options + ["--seed", "7"]

  /// Runs a shell command in the program's folder; `$IRIS` is the program.
  static func shell(_ program: IrisProgram, _ script: String) throws -> ProgramRun {
    try ProgramRun.run(
      ["bash", "-c", script], in: program.directory,
      environment: [
        "IRIS": try IrisProgram.executable.path, "IRIS_HOME": program.directory.path,
        "OPTIONS": options.joined(separator: " "),
      ])
  }

  /// Each ends well only if what it says came about.
  static let scripts = [
    "mkdir d; ln -s d/real.png l1; ln -s l1 l2; $IRIS generate x $OPTIONS -o l2"
      + " && [ -L l1 ] && [ -L l2 ] && [ -f d/real.png ] && [ ! -L d/real.png ]",
    "mkdir d; echo old > d/a; ln -s $PWD/d/a l; $IRIS generate x $OPTIONS -o l && [ -L l ]"
      + " && [ $(wc -c < d/a) -gt 100 ] && [ $(ls -A d | wc -l) = 1 ]",
    "$IRIS generate ' ' ${OPTIONS/64x64/100x70} -s 99999999999 -o a.png; grep -q size_rounded a.png"
      + " && $IRIS generate --from a.png ${OPTIONS/--size 64x64/} -o b.png && cmp a.png b.png",
    "$IRIS generate x ${OPTIONS/64x64/100x70} -s1 -o a.png"
      + " && $IRIS generate --from a.png $OPTIONS -o b.png && ! grep -q size_rounded b.png",
    "ln -s a b; ln -s b a; $IRIS generate x $OPTIONS -o a 2> e; [ $? = 1 ] && grep circle e && [ -L a ]",
    "$IRIS generate x $OPTIONS -s1 -o a.png; $IRIS generate x $OPTIONS -s1 -o - 2>/dev/null | cmp - a.png",
    "$IRIS generate x $OPTIONS -s1 -o a.png; $IRIS generate x $OPTIONS -s1 -o /dev/stdout 2>/dev/null"
      + " | cmp - a.png",
    "$IRIS generate x $OPTIONS -s1 -o a.png; ln -s /proc/self/fd/3 l;"
      + " $IRIS generate x $OPTIONS -s1 -o l 3> b.png && cmp a.png b.png && [ -L l ]",
    "$IRIS generate x $OPTIONS -o /dev/null && [ -c /dev/null ]",
    "$IRIS generate x $OPTIONS -s1 -o a.png; mkfifo p; cat p > b.png & "
      + "$IRIS generate x $OPTIONS -s1 -o p && wait && cmp a.png b.png && [ -p p ]",
    "printf 'a fox\\r\\n' | $IRIS generate - $OPTIONS -s1 -o a.png;"
      + " $IRIS generate 'a fox' $OPTIONS -s1 -o b.png && cmp a.png b.png",
    "printf '\\xef\\xbb\\xbfa fox\\n' > p; $IRIS generate @p $OPTIONS -s1 -o a.png;"
      + " $IRIS generate 'a fox' $OPTIONS -s1 -o b.png && cmp a.png b.png",
    "$IRIS generate @@fox $OPTIONS -o a.png && $IRIS inspect a.png | grep -q ' @fox$'",
    "printf '\\xff' | $IRIS generate - $OPTIONS 2>&1 | grep UTF-8",
    "$IRIS generate @absent $OPTIONS 2>&1 | grep 'written @@'",
    "$IRIS generate x $OPTIONS -o a.png; $IRIS edit y --image - $OPTIONS -o b.png < a.png",
    "$IRIS generate x $OPTIONS -n3 -s5 -o 'f-{seed}.png' && $IRIS generate x $OPTIONS -s6 -o b.png"
      + " && cmp f-6.png b.png && [ -f f-5.png ] && [ -f f-7.png ]",
    "[ $($IRIS generate x $OPTIONS -s5 -s9 --json -o '{index}.png' | wc -l) = 2 ]"
      + " && $IRIS inspect 2.png | grep -q '^seed  *9$'",
    "$IRIS generate x $OPTIONS --steps 3 -s5 -o a.png && $IRIS generate --from a.png --model "
      + "$(set -- $OPTIONS; echo $2) -q -o b.png && cmp a.png b.png",
    "$IRIS generate x $OPTIONS -s5 -o a.png && $IRIS edit y --image a.png $OPTIONS -s3 -o b.png"
      + " && $IRIS edit --from b.png --image a.png $OPTIONS -o c.png && cmp b.png c.png"
      + "; $IRIS generate --from b.png $OPTIONS; [ $? = 2 ] && { $IRIS edit --from b.png $OPTIONS; [ $? = 2 ]; }",
    "$IRIS generate x $OPTIONS -s1 -o a.png; for f in a.jpg A.JPEG a.webp; do"
      + " $IRIS generate x $OPTIONS -s1 --quality 80 -o $f && $IRIS inspect a.png > p"
      + " && $IRIS inspect $f | cmp - p && $IRIS generate --from $f $OPTIONS -o b.png"
      + " && cmp a.png b.png || exit 1; done; [ $(od -An -tx1 -N3 a.jpg | tr -d ' ') = ffd8ff ]"
      + " && [ $(head -c 4 a.webp) = RIFF ] && [ $(wc -c < a.jpg) -lt $(wc -c < a.png) ]",
    "$IRIS generate x $OPTIONS -s1 -o a.png; cp a.png m.png"
      + "; $IRIS edit y -i a.png --mask m.png $OPTIONS -s1 --guidance 2 --negative-prompt z -o b.png"
      + " && $IRIS inspect b.png | grep -q '^negative_prompt *z$'"
      + " && $IRIS edit --from b.png -i a.png --mask m.png $OPTIONS -o c.png && cmp b.png c.png"
      + " && { $IRIS edit --from b.png -i a.png $OPTIONS 2>&1 | grep 'made with a mask'; }"
      + " && $IRIS edit y -i a.png $OPTIONS -s1 --edit-mode reference -o d.png"
      + " && $IRIS edit y -i a.png $OPTIONS -s1 --strength 1 -o e.png && cmp d.png e.png"
      + " && $IRIS edit --from d.png -i a.png $OPTIONS -o f.png && cmp d.png f.png"
      + " && { $IRIS edit y -i a.png $OPTIONS --mask - < /dev/null; [ $? = 1 ]; }",
    "$IRIS generate x $OPTIONS --quality 80 -o a.png 2>&1 | grep 'no effect on a PNG'",
    "for s in bash zsh fish; do $IRIS completions $s > c || exit 1; done; $IRIS completions bash | bash -n",
    "source <($IRIS completions bash); COMP_WORDS=(iris generate --ou); COMP_CWORD=2; _iris;"
      + " [ \"${COMPREPLY[*]}\" = --output ]",
    "mkdir faces; source <($IRIS completions bash); COMP_WORDS=(iris model fa); COMP_CWORD=2; _iris;"
      + " [ \"${COMPREPLY[*]}\" = 'fabricate faces' ] && COMP_WORDS=(iris model fabricate --sh)"
      + " && COMP_CWORD=3 && _iris && [ \"${COMPREPLY[*]}\" = --shape ]"
      + " && COMP_WORDS+=(t) && COMP_WORDS[3]=--shape && COMP_CWORD=4 && _iris"
      + " && [ \"${COMPREPLY[*]}\" = tiny ]",
    "$IRIS man | grep -q '^.TH IRIS 1' && $IRIS man | grep -q 'lora'",
    "$IRIS generate '  ' $OPTIONS 2>&1 | grep 'warning: the prompt is blank'",
    "mkdir -p hub/models--a--b/snapshots/abc; touch hub/models--a--b/snapshots/abc/model_index.json;"
      + " $IRIS generate x --model hub 2>&1 | grep snapshots/abc"
      + " && $IRIS model hub/models--a--b 2>&1 | grep snapshots/abc",
  ]

  @Test(arguments: scripts.indices)
  func `names, links, streams and prompts lead where they say`(index: Int) throws {
    let program = try IrisProgram()
    let outcome = try Self.shell(program, Self.scripts[index])
    #expect(outcome.status == 0, "\(Self.scripts[index]): \(outcome.output)")
  }

  private static func shellExists(_ name: String) -> Bool {
    ["/usr/bin/", "/bin/"].contains { FileManager.default.isExecutableFile(atPath: $0 + name) }
  }

  @Test(.enabled(if: shellExists("zsh"), "NOT TESTED: there is no zsh"))
  func `the completions are a script of zsh`() throws { try checkCompletions("zsh") }

  @Test(.enabled(if: shellExists("fish"), "NOT TESTED: there is no fish"))
  func `the completions are a script of fish`() throws { try checkCompletions("fish") }

  private func checkCompletions(_ shell: String) throws {
    let program = try IrisProgram()
    let outcome = try Self.shell(program, "$IRIS completions \(shell) > c && \(shell) -n c")
    #expect(outcome.status == 0, "\(outcome.output)")
  }

  /// First bytes of files, and what they are called.
  static let kinds: [([UInt8], String)] = [
    (Array("version https://git-lfs.github.com/spec/v1\noid".utf8), "Git LFS pointer"),
    (Array("<!DOCTYPE html><html>".utf8), "web page"), (Array("GGUF\u{3}\0\0\0".utf8), "GGUF"),
    ([0x50, 0x4B, 3, 4, 0, 0, 0, 0, 0, 0], "zip"),
    ([0x80, 2, 0x7D, 0x71, 0, 0, 0, 0, 0], "pickle"),
    ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0], "gzip"), ([], " is empty\n"),
    (Array("BZh91AY&SY\u{1}\u{2}".utf8), "bzip2"), (Array("SQLite format 3\0".utf8), "SQLite"),
  ]

  @Test(arguments: kinds.indices)
  func `wrong files are named for what they are`(index: Int) throws {
    let (bytes, words) = Self.kinds[index]
    let program = try IrisProgram()
    try Data(bytes).write(to: program.directory.appending(path: "wrong.safetensors"))
    for arguments in [
      Self.fox + ["--lora", "wrong.safetensors"],
      ["edit", "x", "--image", "wrong.safetensors"] + Self.options,
      ["inspect", "wrong.safetensors"],
    ] {
      let outcome = try program.run(arguments)
      #expect(outcome.status != 0 && outcome.errors.contains(words), "\(outcome.errors)")
    }
  }

  /// Files that should be the service's settings or weights, and what they are called.
  static let texts: [(text: String, words: String)] = [
    ("port: 8080\n", "is plain text, not JSON"), ("[serve]\nport = 1\n", "is not a JSON object"),
    ("<!DOCTYPE html><html>", "is a web page"), ("GGUF\u{3}", "is a GGUF file"),
    ("", "is not a JSON object"),
  ]

  @Test(arguments: texts.indices)
  func `settings that are no JSON are named for what they are`(index: Int) throws {
    let (text, words) = Self.texts[index]
    let program = try IrisProgram()
    try Data(text.utf8).write(to: program.directory.appending(path: "settings"))
    let outcome = try program.run(["serve", "--config", "settings"])
    #expect(outcome.status != 0 && outcome.errors.contains(words), "\(outcome.errors)")
    let weights = try program.run(Self.fox + ["--lora", "settings"])
    #expect(weights.status != 0 && !weights.errors.contains("cut off"), "\(weights.errors)")
  }
}
