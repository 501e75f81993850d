public import Accounts
public import Rendering

/// The settings of one of the models of a service; the defaults are those of production.
public struct ModelConfiguration: Sendable {
  /// The name by which requests ask for it.
  public var id = "epithre-iris"
  /// Other names by which requests may ask for it.
  public var aliases: [String] = []
  /// Its owner, for `/v1/models`.
  public var owner = "epithre"
  /// A description, for people.
  public var description = "Text to image, image editing and combination of several images"
  /// The time at which it was made, in seconds since 1970; the default is the start of 2026.
  public var created = 1_767_225_600
  /// The ranges of the parameters.
  public var limits = RenderLimits(
    side: SizePolicy.minimumSide...960,
    editSide: SizePolicy.minimumSide...SizePolicy.longestEditSide, allowsEmptyPrompt: false)
  /// The price of an image; test keys pay nothing.
  public var price = Money(microUnits: 5000)

  /// The defaults.
  public init() {}

  /// The id, and the aliases.
  public var names: [String] { [id] + aliases }
}
