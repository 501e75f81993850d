extension Database {
  /// Reads a property of the store itself.
  func property(_ name: String) throws(AccountsError) -> [UInt8]? {
    try run("SELECT value FROM property WHERE name = $1", [.text(name)]).first?.blob(0)
  }

  /// Writes a property of the store itself.
  func setProperty(_ name: String, _ value: [UInt8]) throws(AccountsError) {
    try run(
      """
      INSERT INTO property (name, value) VALUES ($1, $2)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value
      """, [.text(name), .blob(value)])
  }
}
