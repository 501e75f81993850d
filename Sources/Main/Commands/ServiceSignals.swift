import API
import Foundation
import HTTP

/// Handles the signals of a running service and reports its state to systemd.
struct ServiceSignals {
  let signals: SignalDispatcher
  let log: LogWriter
  let notifier: SystemdNotifier?
  private let terminal = ControllingTerminal()

  /// Until the service listens, signals only open the log again.
  init(_ signals: SignalDispatcher, log: LogWriter, notifier: SystemdNotifier?) {
    self.signals = signals
    self.log = log
    self.notifier = notifier
    // A closed connection or pipe must not end the service, and neither must a signal whose default
    // action is to end the process.
    for ignored in [SIGPIPE, SIGALRM, SIGVTALRM, SIGPROF, SIGIO] { signal(ignored, SIG_IGN) }
    signals.handle(SIGUSR2) {}
    signals.handle(SIGUSR1) { log.reopen() }
    signals.handle(SIGHUP) { log.reopen() }
  }

  /// Drains the service at the first SIGINT or SIGTERM: it reports not ready, then refuses connections,
  /// then ends once accepted requests are answered.
  ///
  /// SIGHUP reloads, or drains if the terminal was closed in which the service was started.
  func handle(_ server: Server, _ service: Service, drainWaitSeconds seconds: Double) {
    let drain: @Sendable () -> Void = { [signals, log, notifier] in
      signals.handle(SIGHUP) { log.reopen() }
      log.write("iris: ending once accepted requests are answered; again to end at once")
      notifier?.notifyStopping("answering accepted requests")
      service.drain()
      Task {
        // Gives load balancers time to see that it is not ready before connections are refused.
        try? await Task.sleep(for: .seconds(seconds))
        server.drain()
      }
    }
    signals.handleFirstTermination(drain)
    signals.handle(SIGHUP) { [self] in
      if terminal.isLost { drain() } else { reload(service) }
    }
    if terminal.isLost { drain() }
  }

  /// Opens the log again and reads the LoRA registry again.
  private func reload(_ service: Service) {
    // While the model is loaded, READY=1 would be reported too early.
    let tells = service.isReady
    if tells { notifier?.notifyReloading() }
    log.reopen()
    log.write("iris: opened the log anew at SIGHUP")
    do {
      try service.reloadLoRAs()
    } catch {
      log.write("iris: the LoRAs stay what they were: \(error)")
    }
    if tells { notifier?.notifyReady(Self.status) }
  }

  /// The status that systemd shows for a service that is ready.
  static let status = "taking requests"
}
