internal import Rendering

/// A request that is ready to be rendered, with the memory that it holds.
struct RenderOrder: Sendable {
  let endpoint: Endpoint
  let plan: RenderPlan
  /// Everything that there is to say about the plan.
  let warnings: [RenderWarning]
  let delivery: ImagePayload.Delivery
  let caller: Caller
  let reservations: [MemoryBudget.Reservation]
}
