import Tensors
import Text
import Weights

/// The names that llama.cpp gives to the tensors of a text encoder. Transformers have no names of their own in GGUF:
/// their files keep BFL's.
extension SingleFile {
  /// A tensor that a Qwen3 of llama.cpp has, and other architectures have not.
  static let llamaAnchor = "blk.0.attn_q_norm.weight"

  private static let outerNames = [
    "token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head",
  ]
  private static let layerNames = [
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj", "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
  ]

  /// Gives the tensors of a text encoder the names of transformers.
  ///
  /// Rows of queries and keys are stored as they are there: llama.cpp permutes them for the architecture `llama` alone.
  static func llamaTextEncoder(_ checkpoint: Checkpoint) throws(Flux2Error) -> Checkpoint {
    if let architecture = checkpoint.metadata["general.architecture"],
      !architecture.equals("qwen3")
    {
      throw Flux2Error(
        .weights, checkpoint.name,
        "holds a language model of the architecture '\(architecture)', expected 'qwen3'")
    }
    let tensors = checkpoint.tensors.map { (llamaName($0.key), $0.value) }
    return checkpoint.replacing(Dictionary(tensors) { first, _ in first })
  }

  /// Returns a name in transformers' spelling; a name of no known form stays as it is.
  private static func llamaName(_ name: String) -> String {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
    if parts.count == 2, parts[1] == "weight", let outer = outerNames[parts[0]] {
      return "\(outer).weight"
    }
    guard parts.count == 4, parts[0] == "blk", parts[3] == "weight",
      let inner = layerNames[parts[2]]
    else { return name }
    return "model.layers.\(parts[1]).\(inner).weight"
  }

  /// Returns the name that llama.cpp gives to a tensor of transformers' spelling.
  static func llamaName(ofTransformers name: String) -> String {
    if let (short, _) = outerNames.first(where: { name == "\($0.value).weight" }) {
      return "\(short).weight"
    }
    let prefix = "model.layers."
    guard name.hasPrefix(prefix),
      let (short, inner) = layerNames.first(where: { name.hasSuffix(".\($0.value).weight") })
    else { return name }
    return "blk.\(name.dropFirst(prefix.count).dropLast(".\(inner).weight".count)).\(short).weight"
  }
}
