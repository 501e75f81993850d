/// The LoRA that a request asks for.
///
/// Names come from anyone; files only from someone who may read them anyway, as on the command line.
public enum LoRASelection: Sendable, Equatable {
  /// A name in the registry, or `none`.
  case name(String)
  /// The path of a LoRA file.
  case file(String)

  /// No LoRA.
  public static let none = LoRASelection.name(LoRARegistry.none)
}
