/// A request that was admitted; ended ones are kept for 35 days.
public struct RequestEntry: Sendable, Equatable {
  /// The states of a request.
  public enum State: String, Sendable, CaseIterable {
    /// It is in progress, and its price is reserved.
    case reserved
    /// It was finished and charged.
    case settled
    /// It failed, and its price was given back.
    case refunded
  }

  /// The request's id, as in the answer and in the service's log.
  public let id: String
  /// The key.
  public let key: String
  /// The account.
  public let account: String
  /// Live or test.
  public let mode: Token.Mode
  /// The route.
  public let endpoint: String
  /// The state.
  public let state: State
  /// The price of an image.
  public let unitPrice: Money
  /// The images that were asked for.
  public let images: Int64
  /// The images that were finished.
  public let chargedImages: Int64
  /// The time of its admission.
  public let admitted: Timestamp
  /// The time of its end; nil while it is in progress.
  public let ended: Timestamp?
  /// The end in a word: `ok`, or why it failed.
  public let outcome: String?
  /// The node that admitted it.
  public let node: String
  /// What is known of its answer.
  public let facts: RequestFacts

  /// The sum that was charged.
  public var charged: Money {
    Money(microUnits: mode == .live ? unitPrice.microUnits * chargedImages : 0)
  }
}

/// The facts of an ended request that only the node knows that served it.
///
/// There are none of one whose node vanished.
public struct RequestFacts: Sendable, Equatable {
  /// The HTTP status of the answer, or the one that the error event of a stream stands for; nil if the
  /// client left before there was any.
  public var status: Int?
  /// The seconds in the queue; nil if it did not come out of it.
  public var queueSeconds: Double?
  /// The seconds on a render thread; nil if the image was not finished.
  public var renderSeconds: Double?

  /// Creates facts.
  public init(status: Int? = nil, queueSeconds: Double? = nil, renderSeconds: Double? = nil) {
    self.status = status
    self.queueSeconds = queueSeconds
    self.renderSeconds = renderSeconds
  }
}

/// A part of the log of requests, the latest first.
public struct RequestQuery: Sendable {
  /// The key; nil for all.
  public var key: String?
  /// The account; nil for all.
  public var account: String?
  /// The state; nil for all.
  public var state: RequestEntry.State?
  /// The HTTP status of the answer; nil for all.
  public var status: Int64?
  /// The earliest time of admission.
  public var since: Timestamp?
  /// The time before which it was admitted.
  public var until: Timestamp?
  /// The request behind which to go on: the last one of the page before.
  public var before: String?
  /// The most requests.
  public var limit: Int64 = 1000

  /// Asks for the latest thousand.
  public init() {}
}
