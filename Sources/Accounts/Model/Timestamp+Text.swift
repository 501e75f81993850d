/// Times as people and programs write them (RFC 3339, a profile of ISO 8601).
extension Timestamp {
  /// `2026-11-29T18:08:08Z`, with three or six decimals only where the second is not whole.
  public var text: String {
    let day = UTCDay(self)
    let (seconds, rest) = (microseconds - day.start.microseconds)
      .quotientAndRemainder(dividingBy: 1_000_000)
    let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { Self.padded($0, 2) }
    let decimals =
      rest == 0
      ? "" : rest % 1000 == 0 ? "." + Self.padded(rest / 1000, 3) : "." + Self.padded(rest, 6)
    return "\(day.text)T\(clock.joined(separator: ":"))\(decimals)Z"
  }

  /// Reads a date, which stands for its first moment, or a date and time.
  ///
  /// As in `2026-11-29`, `2026-11-29T18:08Z` and `2026-11-29T18:08:08.25+07:00`; without an offset it is
  /// UTC. Returns nil for anything else, for days that there are not, and for decimals beyond
  /// microseconds.
  public init?(_ text: String) {
    var reader = Reader(rest: Array(text.utf8)[...])
    guard let date = reader.date() else { return nil }
    var moment = date.start.microseconds
    if !reader.rest.isEmpty {
      guard reader.takeSeparator(), let time = reader.timeOfDay(), let offset = reader.offset(),
        reader.rest.isEmpty
      else { return nil }
      moment += time - offset
    }
    self.init(microseconds: moment)
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  /// Takes a date and time apart from its beginning.
  private struct Reader {
    var rest: ArraySlice<UInt8>

    mutating func date() -> UTCDay? {
      guard let year = number(of: 4), take("-"), let month = number(of: 2), take("-"),
        let day = number(of: 2)
      else { return nil }
      return UTCDay(year: year, month: month, day: day)
    }

    /// In microseconds; seconds and their decimals may be left out.
    mutating func timeOfDay() -> Int64? {
      guard let hour = number(of: 2), hour < 24, take(":"), let minute = number(of: 2), minute < 60
      else { return nil }
      var microseconds: Int64 = 0
      if take(":") {
        guard let second = number(of: 2), second < 60 else { return nil }
        microseconds = second * 1_000_000
        if take(".") {
          let digits = rest.prefix { (0x30...0x39).contains($0) }.count
          guard (1...6).contains(digits), let fraction = number(of: digits) else { return nil }
          microseconds += (digits..<6).reduce(fraction) { value, _ in value * 10 }
        }
      }
      return (hour * 60 + minute) * 60_000_000 + microseconds
    }

    /// In microseconds east of UTC.
    mutating func offset() -> Int64? {
      if rest.isEmpty || take("Z") || take("z") { return 0 }
      let isEast = take("+")
      guard isEast || take("-"), let hours = number(of: 2), hours < 24, take(":"),
        let minutes = number(of: 2), minutes < 60
      else { return nil }
      return (isEast ? 1 : -1) * (hours * 60 + minutes) * 60_000_000
    }

    mutating func takeSeparator() -> Bool { take("T") || take("t") || take(" ") }

    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
      guard rest.first == UInt8(ascii: mark) else { return false }
      rest.removeFirst()
      return true
    }

    private mutating func number(of digits: Int) -> Int64? {
      guard rest.count >= digits else { return nil }
      var value: Int64 = 0
      for byte in rest.prefix(digits) {
        guard (0x30...0x39).contains(byte) else { return nil }
        value = value * 10 + Int64(byte - 0x30)
      }
      rest.removeFirst(digits)
      return value
    }
  }
}
