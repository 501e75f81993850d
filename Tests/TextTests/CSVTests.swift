import Testing
import Text

@Suite struct CSVTests {
  @Test(arguments: [
    (["a", "b c"], "a,b c"), (["a,b", "say \"hi\""], #""a,b","say ""hi""""#),
    (["=1+1", "+1", "@x", "-x"], "'=1+1,'+1,'@x,'-x"), (["-0.25", "5.00"], "-0.25,5.00"),
    (["=HYPERLINK(\"http://x\",\"y\")"], #""'=HYPERLINK(""http://x"",""y"")""#),
    (["a\nb", "\r"], "\"a\nb\",\"'\r\""), ([""], ""), (["\t=1"], "'\t=1"),
    (["a\r\nb"], "\"a\r\nb\""),
  ])
  func `a cell of a spreadsheet is text, never a formula`(cells: [String], line: String) {
    #expect(CSVFormat.record(cells) == line)
  }
}
