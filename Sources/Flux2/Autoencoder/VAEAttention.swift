package import Tensors

/// Attention between all pixels of the lowest level, with one head of the full width (spec §6).
package struct VAEAttention: Sendable {
  /// A linear layer with bias.
  struct Layer: Sendable {
    /// `[C, C]`.
    let weight: WeightTensor
    /// `[C]`.
    let bias: Tensor
  }

  let norm: GroupNormalisation
  let query: Layer
  let key: Layer
  let value: Layer
  let output: Layer

  /// Adds what each pixel gathers from all others: `x += out(attention(norm(x)))`.
  package func apply(to x: inout Tensor, on device: Device) {
    let normalised = norm(x, thenSiLU: false, on: device)
    func project(_ layer: Layer) -> Tensor {
      device.linear(normalised, layer.weight, bias: layer.bias)
    }
    let gathered = device.attention(
      project(query), project(key), project(value), heads: HeadLayout(count: 1, width: x.columns))
    device.add(device.linear(gathered, output.weight, bias: output.bias), to: &x)
  }
}
