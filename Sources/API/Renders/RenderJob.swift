internal import Rendering

/// A request that is ready to be rendered, with the memory that it holds.
struct RenderJob: Sendable {
  let endpoint: Endpoint
  let plan: RenderPlan
  /// Everything that there is to say about the plan.
  let warnings: [RenderWarning]
  let delivery: ImagePayload.Delivery
  let principal: Principal
  let reservations: [MemoryBudget.Reservation]
}
