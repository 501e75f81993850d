import Testing

/// A row of a table: members of a request, and what they come to.
struct Sample: CustomTestStringConvertible, Sendable {
  let members: String
  /// The code of the error; nil for a picture.
  let code: String?
  let parameter: String?

  var testDescription: String { String(members.prefix(60)) }

  static func accepted(_ members: String) -> Sample {
    Sample(members: members, code: nil, parameter: nil)
  }

  static func refused(
    _ parameter: String?, _ members: String, code: String = "invalid_request_error"
  ) -> Sample {
    Sample(members: members, code: code, parameter: parameter)
  }
}
