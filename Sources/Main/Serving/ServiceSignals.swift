import API
import Foundation
import HTTP

/// What a running service does when it is sent a signal, and what systemd is told of it.
struct ServiceSignals {
  let interruption: Interruption
  let log: LogWriter
  let notifier: ServiceNotifier?
  private let terminal = ControllingTerminal()

  init(_ interruption: Interruption, log: LogWriter, notifier: ServiceNotifier?) {
    self.interruption = interruption
    self.log = log
    self.notifier = notifier
    // A client or a log reader that leaves must not end the service, and neither must a signal that
    // some other program ends by or does something at.
    for ignored in [SIGPIPE, SIGALRM, SIGVTALRM, SIGPROF, SIGIO] { signal(ignored, SIG_IGN) }
    interruption.handle(SIGUSR2) {}
    interruption.handle(SIGUSR1) { log.reopen() }
    interruption.handle(SIGHUP) { log.reopen() }
  }

  /// Prepares the end: at the first request not ready, then no new connections, then all is answered.
  ///
  /// So too when the terminal is closed in which it was started, and SIGHUP says so.
  func handle(_ server: Server, _ service: Service, drainWaitSeconds seconds: Double) {
    let drain: @Sendable () -> Void = { [interruption, log, notifier] in
      interruption.handle(SIGHUP) { log.reopen() }
      log.write("iris: ending once accepted requests are answered; again to end at once")
      notifier?.sayStopping("answering accepted requests")
      service.drain()
      Task {
        // So that whoever watches readiness stops sending before connections are refused.
        try? await Task.sleep(for: .seconds(seconds))
        server.drain()
      }
    }
    interruption.handleFirstTermination(drain)
    interruption.handle(SIGHUP) { [self] in
      if terminal.isLost { drain() } else { reload(service) }
    }
    if terminal.isLost { drain() }
  }

  /// Reads again what may have changed.
  private func reload(_ service: Service) {
    // Systemd must not take it for ready before it is.
    let tells = service.isReady
    if tells { notifier?.sayReloading() }
    log.reopen()
    log.write("iris: opened the log anew at SIGHUP")
    do {
      try service.reloadLoRAs()
    } catch {
      log.write("iris: the LoRAs stay what they were: \(error)")
    }
    if tells { notifier?.sayReady(Self.status) }
  }

  /// What systemd shows of a service that renders.
  static let status = "taking requests"
}
