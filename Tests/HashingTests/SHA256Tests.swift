import Hashing
import Testing

@Suite struct SHA256Tests {
  /// Messages and digests of NIST's examples for FIPS 180-4.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 100_000),
      "6d1cf22d7cc09b085dfc25ee1a1f3ae0265804c607bc2074ad253bcc82fd81ee"
    ),
  ])
  func `gives the published digests`(message: String, digest: String) {
    #expect(SHA256.hash(message.utf8).hexadecimal == digest)
  }

  @Test func `does not depend on how the bytes are split`() {
    let message = Array((0..<300).map { UInt8($0 % 251) })
    for split in stride(from: 0, through: 300, by: 7) {
      var hash = SHA256()
      hash.update(message[..<split])
      hash.update(message[split...])
      #expect(hash.finalize() == SHA256.hash(message))
    }
  }
}
