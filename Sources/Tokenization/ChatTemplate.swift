/// The one rendering of Qwen3's chat template that the pipeline uses (spec §2.3): a single user turn,
/// no system turn, thinking switched off.
enum ChatTemplate {
  /// What comes before a prompt.
  static let opening = "<|im_start|>user\n"

  /// Wraps `prompt`, which is neither stripped nor escaped; an empty one is legal.
  static func render(_ prompt: String) -> String {
    opening + prompt
      + "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
  }
}
