import Foundation
import Main
import Testing

@Suite struct SignalTests {
  @Test func `what the program was started to ignore, as under nohup, it does not take`() {
    let both = SignalSet(SIGUSR1, SIGUSR2)
    #expect(both.handled == both)
    signal(SIGUSR1, SIG_IGN)
    defer { signal(SIGUSR1, SIG_DFL) }
    #expect(both.handled == SignalSet(SIGUSR2))
  }
}
