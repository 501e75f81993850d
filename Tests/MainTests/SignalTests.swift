import Foundation
import Main
import Testing

@Suite("Signals")
struct SignalTests {
  @Test("What the program was started to ignore, as under nohup, it does not take")
  func ignored() {
    let both = SignalSet(SIGUSR1, SIGUSR2)
    #expect(both.handled == both)
    signal(SIGUSR1, SIG_IGN)
    defer { signal(SIGUSR1, SIG_DFL) }
    #expect(both.handled == SignalSet(SIGUSR2))
  }
}
