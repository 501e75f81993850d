import Accounts
import Foundation

extension AdminToken {
  /// The token of a service: its credential `admin-token`, as systemd's `LoadCredential=` passes it on,
  /// or else the one in the data directory.
  /// - Returns: The token, and where it is.
  static func ofService(
    directory: String, environment: [String: String]
  ) throws -> (token: AdminToken, place: String) {
    let ownPlace = directory + "/" + fileName
    guard let folder = environment["CREDENTIALS_DIRECTORY"],
      let content = FileManager.default.contents(atPath: folder + "/" + fileName)
    else { return (try AdminToken(directory: directory), ownPlace) }
    guard let token = AdminToken(Array(content)) else {
      throw CommandFailure(
        "the credential \(fileName) is no token: it must have \(byteCounts.lowerBound) to "
          + "\(byteCounts.upperBound) printable characters without blanks")
    }
    return (token, folder + "/" + fileName)
  }
}
