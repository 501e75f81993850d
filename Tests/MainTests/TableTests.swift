import Main
import Testing

@Suite struct TableTests {
  @Test func `columns are aligned, numbers to the right, and later pages only widen`() {
    var table = TextTable([.text("ID"), .number("SPENT"), .text("NAME")])
    #expect(
      table.lines([["a", "0.005", "x"], ["bcd", "12.00", "a\u{1B}[2J"]]) == [
        "ID   SPENT  NAME", "a    0.005  x", "bcd  12.00  a\\u{1b}[2J",
      ])
    #expect(table.lines([["a", "100.00", "y"]]) == ["a    100.00  y"])
  }
}
