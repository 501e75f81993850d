import Accounts
import TestSupport
import Testing

@Suite struct TokenTests {
  @Test(arguments: Token.Mode.allCases)
  func `a token reads back, names its mode and shows only its first digits`(mode: Token.Mode) throws
  {
    var generator = SeededGenerator(seed: 1)
    let token = Token(mode: mode, using: &generator)
    let read = try #require(Token(token.text))
    #expect(read == token)
    #expect(token.text.count == "esk_live_".count + 49)
    #expect(token.prefix.count == "esk_live_".count + 4 && token.text.hasPrefix(token.prefix))
  }

  @Test func `one wrong character is noticed without a look-up`() {
    var generator = SeededGenerator(seed: 1)
    let text = Token(mode: .live, using: &generator).text
    for position in "esk_live_".count..<text.count {
      var characters = Array(text)
      characters[position] = characters[position] == "a" ? "b" : "a"
      #expect(Token(String(characters)) == nil, "position \(position)")
    }
  }

  @Test(arguments: [
    "", "esk_live_", "sk-123", "esk_prod_" + String(repeating: "0", count: 49), "esk_live_ü",
  ])
  func `what is no token is refused`(text: String) {
    #expect(Token(text) == nil)
  }
}
