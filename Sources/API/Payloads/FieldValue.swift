/// The value of a parameter, checked against what its `Field` allows.
enum FieldValue: Sendable {
  case text(String)
  case integer(Int)
  case number(Double)
  case boolean(Bool)
  case images([EncodedImage])
}
