internal import Text

/// The value of a parameter, checked against what its `Field` allows.
enum FieldValue: Sendable {
  case text(ByteString)
  case integer(Int)
  case number(Double)
  case boolean(Bool)
  case images([EncodedImage])
}
