import Main
import Testing

@Suite struct InvocationTests {
  @Test func `options and the operand may come in any order`() throws {
    let invocation = try Invocation(["generate", "--seed", "4", "a fox", "--size=64x64", "--json"])
    #expect(invocation.command == .generate)
    #expect(invocation.operand == "a fox")
    #expect(invocation.value(.seed) == "4")
    #expect(invocation.value(.size) == "64x64")
    #expect(invocation.has(.json) && !invocation.has(.quiet))
  }

  @Test func `after -- everything is an operand`() throws {
    #expect(try Invocation(["generate", "--json", "--", "--a fox"]).operand == "--a fox")
  }

  @Test func `a value may be empty, negative or contain an equals sign`() throws {
    let invocation = try Invocation(["generate", "", "--seed", "-1", "--output=a=b.png"])
    #expect(invocation.operand?.isEmpty == true)
    #expect(invocation.value(.seed) == "-1")
    #expect(invocation.value(.output) == "a=b.png")
  }

  @Test func `images keep their order`() throws {
    let invocation = try Invocation(["edit", "x", "--image", "b", "--image=a", "--image", "b"])
    #expect(invocation.values(.image) == ["b", "a", "b"])
  }
}
