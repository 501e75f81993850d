import Accounts
import HTTP
import Text

extension RateLimit {
  /// Adds the fields that tell a key's requests a minute.
  func mark(_ headers: inout Headers) {
    headers["x-ratelimit-limit-requests"] = ByteString("\(limit)")
    headers["x-ratelimit-remaining-requests"] = ByteString("\(remaining)")
    headers["x-ratelimit-reset-requests"] = ByteString(resetText)
  }

  /// The time in the form of OpenAI's fields, which is that of Go's durations: `120ms`, `8.64s`, `1m0s`.
  private var resetText: String {
    let (seconds, milliseconds) = resetMilliseconds.quotientAndRemainder(dividingBy: 1000)
    if seconds == 0 { return milliseconds == 0 ? "0s" : "\(milliseconds)ms" }
    var fraction = "\(1000 + milliseconds)".dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    let rest = "\(seconds % 60)" + (fraction.isEmpty ? "" : ".\(fraction)") + "s"
    return seconds < 60 ? rest : "\(seconds / 60)m" + rest
  }
}
