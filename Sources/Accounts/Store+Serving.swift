import Hashing

/// The operations of a node that serves.
extension Store {
  /// The pause before the store is asked again for a settlement that it could not take.
  private static let settlementPause = Duration.milliseconds(100)

  /// Begins the work of a node, and refunds what its earlier starts left open.
  /// - Parameter id: Its id, which no other running node of the store has.
  public func start(node id: String) async throws(AccountsError) -> NodeIdentity {
    let node = try await writer.run { (database) throws(AccountsError) in
      try Leases.start(node: id, in: database)
    }
    while true {
      let left = try await reader.run { (database) throws(AccountsError) in
        try Leases.earlier(than: node, in: database)
      }
      // None is left, or another node has reclaimed them meanwhile.
      guard try await reclaim(left, isExpired: false) > 0 else { return node }
    }
  }

  /// Decides on a request; what it may cost is reserved if it is admitted.
  ///
  /// A refusal writes nothing. An admitted request is to be settled or refunded, and its lease renewed
  /// until then.
  public func admit(
    _ request: AdmissionRequest, on node: NodeIdentity
  ) async throws(AccountsError) -> AdmissionOutcome {
    if let early = try await look(at: request, on: node) { return early }
    let operation = AdmissionOperation(request: request, node: node)
    return try await complete(
      writer.run(accounts: [request.account]) { (database) throws(AccountsError) in
        try operation.perform(database)
      })
  }

  /// Decides on a request as far as nothing is written for it: refuses it, or finds what it repeats.
  /// - Returns: Nil if the request is likely to be admitted, for ``admit(_:on:)`` to decide.
  public func look(
    at request: AdmissionRequest, on node: NodeIdentity
  ) async throws(AccountsError) -> AdmissionOutcome? {
    try request.check()
    let operation = AdmissionOperation(request: request, node: node)
    let early = try await reader.run { (database) throws(AccountsError) in
      try operation.look(database)
    }
    guard let early else { return nil }
    return try await complete(early)
  }

  /// Decides on a request's head whether its body is worth reading: the key, the account, and its
  /// limits, unless it may repeat a request whose idempotency key is known.
  ///
  /// Reserves nothing; ``admit(_:on:)`` decides.
  public func preview(
    _ key: APIKey, price: Money, idempotencyKey: String?
  ) async throws(AccountsError) -> (refusal: Refusal?, rateLimit: RateLimit?) {
    let handle = idempotencyKey.flatMap { AdmissionRequest.Retry.idempotencyKey($0).handle([]) }
    return try await reader.run { (database) throws(AccountsError) in
      guard let standing = try KeyStanding(key: key.id, in: database) else {
        return (Refusal(.unauthenticated), nil)
      }
      var refusal = standing.accessRefusal
      if refusal == nil,
        try handle.map({ (handle) throws(AccountsError) in
          try Recollection.isKnown(handle, of: key.id, at: standing.now, in: database)
        }) != true
      {
        refusal = standing.limitRefusal(price: key.mode == .live ? price : .zero)
      }
      return (refusal, standing.rateLimit)
    }
  }

  /// Returns what a key has used of what it may.
  public func use(of key: APIKey) async throws(AccountsError) -> KeyUse {
    try await reader.run { (database) throws(AccountsError) in
      try database.snapshot { () throws(AccountsError) in try KeyUse(of: key, in: database) }
    }
  }

  /// Charges the finished images of a reservation, once, and keeps the answer if it may be asked for
  /// again.
  ///
  /// Deliver the answer only after this returned true.
  /// - Parameters:
  ///   - images: The finished images, from 1 to what was reserved.
  ///   - answer: The answer, to keep for retries; nil if it cannot be given again.
  ///   - facts: What is known of the answer, for the log of requests.
  ///   - patience: How long to try again while the store fails.
  /// - Returns: False if the reservation was reclaimed: nothing was charged, and nothing may be delivered.
  public func settle(
    _ reservation: Reservation, images: Int = 1, answer: StoredAnswer? = nil,
    facts: RequestFacts = RequestFacts(), patience: Duration = .zero
  ) async throws(AccountsError) -> Bool {
    let deadline = ContinuousClock.now + patience
    while true {
      do {
        return try await settleOnce(reservation, images, answer, facts) == .settled
      } catch  where error.isStorageFailure && ContinuousClock.now < deadline {
        try? await Task.sleep(for: Self.settlementPause)
        // A cancelled task does not sleep; its render is finished all the same.
        await Task.yield()
      }
    }
  }

  /// Gives back what a reservation holds; has no effect on one that has ended.
  /// - Parameters:
  ///   - reason: Why, in a word, for the operator.
  ///   - answer: The answer, if a retry is to get the same; without one it is a new request.
  ///   - facts: What is known of the answer, for the log of requests.
  /// - Returns: False if the reservation had ended.
  @discardableResult
  public func refund(
    _ reservation: Reservation, reason: String, answer: StoredAnswer? = nil,
    facts: RequestFacts = RequestFacts()
  ) async throws(AccountsError) -> Bool {
    let kept = try await stage(answer, of: reservation)
    return try await writer.run(accounts: [reservation.account]) {
      [bodies = backend.bodies] (database) throws(AccountsError) in
      guard let open = try Settlement(request: reservation.id, in: database) else { return false }
      try open.refund(reason, answer: kept, facts: facts)
      if let answer { try bodies.attach(answer.body, of: reservation.id, in: database) }
      return true
    }
  }

  /// Records that a node is alive.
  /// - Returns: False if another process has started under the node's id since.
  public func beat(_ node: NodeIdentity) async throws(AccountsError) -> Bool {
    try await writer.run { (database) throws(AccountsError) in
      try Leases.beat(node, in: database)
    }
  }

  /// Extends the leases of reservations, every ``Reservation/renewalSeconds``.
  /// - Returns: Those that are no longer open.
  public func renew(_ reservations: [Reservation]) async throws(AccountsError) -> [Reservation] {
    try await writer.run(accounts: reservations.map(\.account)) {
      (database) throws(AccountsError) in
      try Leases.renew(reservations, in: database)
    }
  }

  /// Refunds the reservations whose lease has run out, of whatever node.
  /// - Returns: The number of them.
  @discardableResult
  public func reclaim() async throws(AccountsError) -> Int {
    var count = 0
    while true {
      let expired = try await reader.run { (database) throws(AccountsError) in
        try Leases.expired(in: database)
      }
      let reclaimed = try await reclaim(expired, isExpired: true)
      guard reclaimed > 0 else { return count }
      count += reclaimed
    }
  }

  private func reclaim(
    _ reservations: [Reservation], isExpired: Bool
  ) async throws(AccountsError) -> Int {
    guard !reservations.isEmpty else { return 0 }
    return try await writer.run(accounts: reservations.map(\.account)) {
      (database) throws(AccountsError) in
      try Leases.reclaim(reservations, isExpired: isExpired, in: database)
    }
  }

  private func settleOnce(
    _ reservation: Reservation, _ images: Int, _ answer: StoredAnswer?, _ facts: RequestFacts
  ) async throws(AccountsError) -> Settlement.Outcome {
    let kept = try await stage(answer, of: reservation)
    return try await writer.run(accounts: [reservation.account]) {
      [bodies = backend.bodies] (database) throws(AccountsError) in
      let outcome = try Settlement.settle(
        reservation, images: images, answer: kept, facts: facts, in: database)
      if let answer, outcome == .settled {
        try bodies.attach(answer.body, of: reservation.id, in: database)
      }
      return outcome
    }
  }

  /// Prepares the body of an answer, on a thread that may block.
  private func stage(
    _ answer: StoredAnswer?, of reservation: Reservation
  ) async throws(AccountsError) -> KeptAnswer? {
    guard let answer else { return nil }
    return try await bodyReader.run { [bodies = backend.bodies] (_) throws(AccountsError) in
      try bodies.stage(answer.body, of: reservation.id)
      return KeptAnswer(
        request: reservation.id, status: answer.status, contentType: answer.contentType,
        digest: SHA256.hash(answer.body).bytes)
    }
  }

  /// Reads the body of a kept answer.
  private func complete(
    _ decision: AdmissionOperation.Decision
  ) async throws(AccountsError) -> AdmissionOutcome {
    switch decision {
    case .admitted(let reservation, let figures): return .admitted(reservation, figures)
    case .refused(let refusal, let figures): return .refused(refusal, figures)
    case .joined(let request, let figures): return .joined(request: request, figures)
    case .answered(let kept, let figures):
      let body = try await bodyReader.run {
        [bodies = backend.bodies] (database) throws(AccountsError) in
        try bodies.body(of: kept.request, from: database)
      }
      guard let body, SHA256.hash(body).bytes == kept.digest else {
        throw AccountsError(
          .answerLost, "the kept answer of \(kept.request) is lost or damaged")
      }
      return .replayed(
        StoredAnswer(
          request: kept.request, status: kept.status, contentType: kept.contentType, body: body),
        figures)
    }
  }
}
