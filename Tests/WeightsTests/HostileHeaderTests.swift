import Testing
import Weights

/// A header that must be refused, over a data buffer of 16 bytes.
struct HostileHeader: CustomTestStringConvertible, Sendable {
  var flaw: String
  var header: String
  /// Text of the expected message, which proves that the file is refused for this flaw.
  var says: String
  var testDescription: String { flaw }

  /// A header with one float32 tensor of 4 elements, parts of which are replaced.
  static func tensor(
    _ flaw: String, dtype: String = #""F32""#, shape: String = "[4]", offsets: String = "[0,16]",
    says: String
  ) -> HostileHeader {
    HostileHeader(
      flaw: flaw,
      header: #"{"a":{"dtype":\#(dtype),"shape":\#(shape),"data_offsets":\#(offsets)}}"#,
      says: says)
  }

  static let all: [HostileHeader] = [
    tensor("offset beyond the file", shape: "[5]", offsets: "[0,20]", says: "cut off"),
    tensor("huge offset", offsets: "[0,9223372036854775807]", says: "does not take"),
    tensor("offset over 64 bits", offsets: "[0,9223372036854775808]", says: "too large"),
    tensor("descending offsets", offsets: "[16,0]", says: "ascending"),
    tensor("negative offset", offsets: "[-16,0]", says: "whole number"),
    tensor("three offsets", offsets: "[0,8,16]", says: "more than 2"),
    tensor("one offset", offsets: "[16]", says: "ascending"),
    tensor("gap before the first tensor", shape: "[2]", offsets: "[8,16]", says: "gap"),
    tensor("bytes after the last tensor", shape: "[2]", offsets: "[0,8]", says: "8 bytes behind"),
    tensor("wrong byte count", shape: "[3]", says: "does not take"),
    tensor("negative extent", shape: "[-4]", says: "whole number"),
    tensor("fractional extent", shape: "[4.0]", says: "expected ']'"),
    tensor("extent with an exponent", shape: "[4e0]", says: "expected ']'"),
    tensor("extent with a leading zero", shape: "[04]", says: "whole number"),
    tensor("extent as text", shape: #"["4"]"#, says: "whole number"),
    tensor(
      "overflowing product", shape: "[4294967296,4294967296,4]", says: "does not take"),
    tensor(
      "overflow hidden by a zero", shape: "[0,4294967296,4294967296]", offsets: "[0,0]",
      says: "does not take"),
    tensor("nine axes", shape: "[4,1,1,1,1,1,1,1,1]", says: "more than 8"),
    tensor("unknown type", dtype: #""F4""#, says: "F4"),
    tensor("type of another kind", dtype: "32", says: "expected '\"'"),
    tensor("shape of another kind", shape: "4", says: "expected '['"),
    HostileHeader(flaw: "empty header", header: "", says: "expected '{'"),
    HostileHeader(flaw: "a list", header: "[]", says: "expected '{'"),
    HostileHeader(flaw: "no tensors over data", header: "{}", says: "16 bytes behind"),
    HostileHeader(flaw: "an unfinished object", header: #"{"a":"#, says: "expected '{'"),
    HostileHeader(flaw: "an unfinished string", header: #"{"a"#, says: "does not end"),
    HostileHeader(flaw: "an unfinished escape", header: #"{"a\u00"#, says: "does not end"),
    HostileHeader(flaw: "an unknown escape", header: #"{"\x41":1}"#, says: "escape"),
    HostileHeader(flaw: "half a surrogate pair", header: #"{"\ud83e":1}"#, says: "surrogate"),
    HostileHeader(
      flaw: "a wrong surrogate pair", header: #"{"\ud83e\u0041":1}"#, says: "surrogate"),
    HostileHeader(flaw: "a raw control character", header: "{\"a\nb\":1}", says: "control"),
    HostileHeader(flaw: "text after the object", header: "{}{}", says: "after"),
    HostileHeader(flaw: "a trailing comma", header: "{\"a\":{},}", says: "lacks"),
    HostileHeader(
      flaw: "deep nesting", header: String(repeating: #"{"a":"#, count: 100_000),
      says: "unknown field 'a'"),
    HostileHeader(
      flaw: "a deep list", header: #"{"a":{"shape":"# + String(repeating: "[", count: 100_000),
      says: "whole number"),
    HostileHeader(
      flaw: "duplicate names",
      header: #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"#
        + #""a":{"dtype":"F32","shape":[0],"data_offsets":[16,16]}}"#,
      says: "duplicate name 'a'"),
    HostileHeader(
      flaw: "duplicate names spelled differently",
      header: #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"#
        + #""\u0061":{"dtype":"F32","shape":[0],"data_offsets":[16,16]}}"#,
      says: "duplicate name 'a'"),
    HostileHeader(
      flaw: "duplicate fields",
      header: #"{"a":{"dtype":"F32","dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#,
      says: "duplicate name 'dtype'"),
    HostileHeader(
      flaw: "overlapping tensors",
      header: #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"#
        + #""b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}"#,
      says: "overlaps"),
    HostileHeader(
      flaw: "one range twice",
      header: #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"#
        + #""b":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#,
      says: "overlaps"),
    HostileHeader(
      flaw: "metadata that is no text", header: #"{"__metadata__":{"a":1}}"#,
      says: "expected '\"'"),
    HostileHeader(flaw: "a tensor that is null", header: #"{"a":null}"#, says: "expected '{'"),
  ]
}

@Suite struct HostileHeaderTests {
  @Test(arguments: HostileHeader.all)
  func `is refused for what is wrong with it`(hostile: HostileHeader) throws {
    let file = try SafetensorsFile(header: hostile.header, data: [UInt8](repeating: 0, count: 16))
    let error = #expect(throws: WeightsError.self) { try Checkpoint.open(file: file.path) }
    #expect(error?.detail.contains(hostile.says) == true, "\(error?.description ?? "")")
  }

  @Test func `that is not UTF-8 is refused`() throws {
    let header: [UInt8] = [0x7B, 0x22, 0xC3, 0x28, 0x22, 0x3A, 0x7B, 0x7D, 0x7D]
    let file = try SafetensorsFile(bytes: SafetensorsFile.assemble(header: header, data: []))
    let error = #expect(throws: WeightsError.self) { try Checkpoint.open(file: file.path) }
    #expect(error?.detail.contains("UTF-8") == true)
  }

  @Test(arguments: [0, 3, 100_000_001, UInt64(Int64.max), UInt64.max, UInt64.max - 7])
  func `of an absurd length is refused`(length: UInt64) throws {
    let file = try SafetensorsFile(
      bytes: SafetensorsFile.littleEndian(length) + Array("{}".utf8))
    let error = #expect(throws: WeightsError.self) { try Checkpoint.open(file: file.path) }
    #expect(error?.code == .malformed)
  }

  @Test func `cut off at any byte is refused`() throws {
    let whole = SafetensorsFile.assemble(
      header: Array(#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#.utf8),
      data: [UInt8](repeating: 0, count: 16))
    for length in whole.indices {
      let file = try SafetensorsFile(bytes: Array(whole[..<length]))
      #expect(throws: WeightsError.self) { try Checkpoint.open(file: file.path) }
    }
  }
}
