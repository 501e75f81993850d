/// A change of the transformer that a model brings for its last steps.
///
/// Where little noise is left, the task is another one: not what to draw, but how to finish it. Steps at
/// higher noise stay as they are, bit for bit, and the last ones pay for it: 3 to 5 % of the time that
/// twenty steps of the embedded model take.
/// - Note: Balaji et al., *eDiff-I: Text-to-Image Diffusion Models with an Ensemble of Expert Denoisers*,
///   arXiv:2211.01324; here the expert is a low-rank change, not a second network.
package struct LowNoiseExpert: Sendable {
  /// The change.
  package let adapter: LoRAAdapter
  /// The noise level below which it is applied, in 0…1.
  package let boundary: Float
}
