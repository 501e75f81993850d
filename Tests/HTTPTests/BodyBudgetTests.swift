import HTTP
import Testing

@Suite struct BodyBudgetTests {
  @Test func `while memory is short the oldest body alone gets it`() {
    var budget = BodyBudget(limit: 800)
    budget.charge(800)
    for id in [7, 5, 9] as [UInt64] { budget.enqueue(id) }
    #expect(budget.isExhausted && budget.next { _ in true } == nil)
    budget.charge(-50)
    #expect(budget.next { _ in true } == 5)
    #expect(budget.next { _ in true } == nil, "5 is still reading")
    #expect(budget.next { _ in false } == 7, "5 is done")
  }

  @Test func `with enough memory all bodies go on, the oldest first`() {
    var budget = BodyBudget(limit: 800)
    budget.charge(600)
    for id in [7, 5, 9] as [UInt64] { budget.enqueue(id) }
    #expect((0..<4).map { _ in budget.next { _ in true } } == [5, 7, 9, nil])
  }

  @Test func `the youngest waiting body is refused first`() {
    var budget = BodyBudget(limit: 800)
    for id in [7, 5, 9] as [UInt64] { budget.enqueue(id) }
    #expect(budget.keepsWaiting(5) && budget.keepsWaiting(7) && !budget.keepsWaiting(9))
    budget.remove(9)
    #expect(!budget.keepsWaiting(7) && !budget.keepsWaiting(9))
  }
}
