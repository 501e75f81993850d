import Testing
import Text

@Suite struct Base64Tests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func `the vectors of RFC 4648 §10 hold in both directions`(bytes: String, text: String) {
    #expect(Base64.encode(Array(bytes.utf8)) == Array(text.utf8))
    #expect(Base64.decode(Array(text.utf8)[...]) == Array(bytes.utf8))
    #expect(Base64.decode(text.utf8.filter { $0 != UInt8(ascii: "=") }[...]) == Array(bytes.utf8))
  }

  @Test func `both alphabets and line breaks anywhere are read`() {
    let bytes: [UInt8] = [0xFB, 0xEF, 0xFF, 0xFE]
    for text in ["++///g==", "--___g", "++\r\n///\ng=\n="] {
      #expect(Base64.decode(Array(text.utf8)[...]) == bytes, "\(text)")
    }
  }

  @Test(arguments: ["Z", "Zh==", "Zm9=", "Zg=", "Zg===", "Zg==Zg==", "Zm 9v", "Zm9v=", "Zé=="])
  func `a cut text and anything else are refused`(text: String) {
    #expect(Base64.decode(Array(text.utf8)[...]) == nil)
  }
}
