/// A command line that was not understood; the program ends with status 2.
package struct UsageError: Error, Equatable {
  /// The problem and the allowed values.
  package let message: String

  package init(_ message: String) { self.message = message }
}

/// A command that could not be carried out; the program ends with status 1.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
