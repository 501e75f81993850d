/// Finds the word that a misspelt one was meant to be.
package enum Suggestion {
  /// The candidate nearest to `word`, if it is near enough to have been meant.
  package static func closest(to word: String, among candidates: [String]) -> String? {
    nearest(to: word, among: candidates)?.candidate
  }

  /// The candidate nearest to `word`, and by how many letters they differ; nil if none is near enough.
  static func nearest(
    to word: String, among candidates: [String]
  ) -> (candidate: String, distance: Int)? {
    // A guess for something long would take time and help nobody.
    guard word.utf8.count <= 40 else { return nil }
    let distances = candidates.map { ($0, distance(Array(word.utf8), Array($0.utf8))) }
    guard let (candidate, distance) = distances.min(by: { $0.1 < $1.1 }) else { return nil }
    return distance <= max(1, candidate.utf8.count / 3) ? (candidate, distance) : nil
  }

  /// The number of letters to insert, delete, replace or exchange with their neighbour (optimal
  /// string alignment) to make one word of the other.
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var rows = [Array(0...b.count)]
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
