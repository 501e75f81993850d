/// The latents at which an edit of a single image begins.
public enum EditMode: String, Sendable, CaseIterable {
  /// The image with as much noise as the strength says, as in diffusers' inpaint pipeline: what is there
  /// stays in its place.
  case strength
  /// Noise alone: the model sees the image as a reference only, which is what klein was trained for.
  case reference
}
