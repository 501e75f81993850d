import HTTP
import Testing

@Suite struct IPAddressTests {
  @Test(
    arguments: [
      ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
      ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8:0:0:8:0:0:1", "2001:db8::8:0:0:1"),
      ("2001:db8::0008:800:200C:417A", "2001:db8::8:800:200c:417a"),
      ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
      ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:0201", "192.0.2.1"),
      ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
      ("1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"),
    ])
  func `an address is read in each of its spellings and written in one`(
    text: String, written: String
  ) throws {
    let address = try #require(IPAddress(text.utf8))
    #expect(address.description == written)
    #expect(IPAddress(written.utf8) == address)
  }

  @Test(
    arguments: [
      "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1..2.3",
      "1.2.3.+4", "0x1.2.3.4", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
      "1:2:3:4:5:6:7:8::", "12345::", "g::", "::1%eth0", "[::1]", "::1.2.3", "1.2.3.4::",
      "1:2:3:4:5:6:7:1.2.3.4", "::1/64", "unknown", "_hidden", "１.2.3.4",
      "0000:0000:0000:0000:0000:ffff:255.255.255.2555",
    ])
  func `text that is not an address is refused`(text: String) {
    #expect(IPAddress(text.utf8) == nil)
  }

  @Test func `loopback addresses are known in both versions`() {
    let texts = ["127.0.0.1", "127.255.3.4", "::1", "::ffff:127.0.0.1"]
    for text in texts { #expect(IPAddress(text.utf8)?.isLoopback == true) }
    for text in ["128.0.0.1", "::2", "1::1"] { #expect(IPAddress(text.utf8)?.isLoopback == false) }
  }
}
