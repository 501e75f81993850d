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

  @Test(arguments: [
    (["a", "b c"], "a,b c"), (["a,b", "say \"hi\""], #""a,b","say ""hi""""#),
    (["=1+1", "+1", "@x", "-x"], "'=1+1,'+1,'@x,'-x"), (["-0.25", "5.00"], "-0.25,5.00"),
    (["=HYPERLINK(\"http://x\",\"y\")"], #""'=HYPERLINK(""http://x"",""y"")""#),
    (["a\r\nb"], #"a\r\nb"#), ([""], ""),
  ])
  func `a cell of a spreadsheet is text, never a formula`(cells: [String], line: String) {
    #expect(CSVFormat.record(cells) == line)
  }
}
