import JSON
import Text

/// The spacing of noise levels, `scheduler/scheduler_config.json` (spec §1.5).
public struct SchedulerConfiguration: Sendable, Equatable {
  /// The shift of evenly spaced levels towards noise.
  public enum Shift: Sendable, Equatable {
    /// By `e^mu`, with `mu` from the image's size and the number of steps (spec §7.2).
    case exponential
    /// By `mu` itself.
    case linear
    /// By a constant that does not depend on the size.
    case fixed(Float)
  }

  /// The shift of the levels.
  public var shift = Shift.exponential

  /// The published models' schedule, unless another shift is given.
  public init(shift: Shift = .exponential) {
    self.shift = shift
  }
}

extension SchedulerConfiguration {
  /// Reads and checks a file.
  package init(file: String) throws(Flux2Error) {
    try self.init(ConfigurationReader(file: file))
  }

  init(_ json: ConfigurationReader) throws(Flux2Error) {
    try json.refuse("_class_name", unless: .string("FlowMatchEulerDiscreteScheduler"))
    try json.refuse("num_train_timesteps", unless: .number(JSONNumber(1000)))
    try json.refuse("shift_terminal", unless: .null)
    for key in [
      "invert_sigmas", "stochastic_sampling", "use_karras_sigmas", "use_exponential_sigmas",
      "use_beta_sigmas", "use_flow_sigmas",
    ] {
      try json.refuse(key, unless: .boolean(false))
    }
    // Absent means false, the default of the class.
    if try json.flag("use_dynamic_shifting", default: false) {
      let type = try json.word(
        "time_shift_type", among: ["exponential", "linear"], default: "exponential")
      self.init(shift: type == "linear" ? .linear : .exponential)
    } else {
      let shift = try json.number("shift", in: 1e-3...1000, default: 1)
      self.init(shift: .fixed(Float(shift)))
    }
  }
}
