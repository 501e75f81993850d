#!/usr/bin/env python3
"""Writes a directory with the dimensions of FLUX.2 [klein] 4B and random bfloat16 weights.

    python make_random_klein.py --out klein-4b --tokenizer DIRECTORY

For measuring memory and time, not for images. 16 GB on disk; tensors are written a part at a
time, so that the script itself needs little memory. The tokenizer folder is copied.
"""

import argparse
import json
import shutil
import struct
from math import prod
from pathlib import Path

import numpy as np

CHUNK_ELEMENTS = 1 << 24
COUNTER = "bn.num_batches_tracked"  # the only tensor that is not bfloat16
HIDDEN, INNER, TEXT_LAYERS = 2560, 3072, 36
TRANSFORMER = dict(
    _class_name="Flux2Transformer2DModel",
    num_layers=5,
    num_single_layers=20,
    num_attention_heads=24,
    attention_head_dim=128,
    joint_attention_dim=3 * HIDDEN,
    in_channels=128,
    out_channels=None,
    patch_size=1,
    mlp_ratio=3.0,
    timestep_guidance_channels=256,
    axes_dims_rope=[32, 32, 32, 32],
    rope_theta=2000,
    eps=1e-6,
    guidance_embeds=False,
)
TEXT_ENCODER = dict(
    architectures=["Qwen3ForCausalLM"],
    model_type="qwen3",
    hidden_size=HIDDEN,
    intermediate_size=9728,
    num_hidden_layers=TEXT_LAYERS,
    num_attention_heads=32,
    num_key_value_heads=8,
    head_dim=128,
    vocab_size=151936,
    rms_norm_eps=1e-6,
    rope_theta=1000000,
    rope_scaling=None,
    hidden_act="silu",
    attention_bias=False,
    tie_word_embeddings=True,
    use_sliding_window=False,
    max_position_embeddings=40960,
    torch_dtype="bfloat16",
)
AUTOENCODER = dict(
    _class_name="AutoencoderKLFlux2",
    in_channels=3,
    out_channels=3,
    block_out_channels=[128, 256, 512, 512],
    layers_per_block=2,
    latent_channels=32,
    norm_num_groups=32,
    act_fn="silu",
    mid_block_add_attention=True,
    use_quant_conv=True,
    use_post_quant_conv=True,
    batch_norm_eps=1e-4,
    batch_norm_momentum=0.1,
    patch_size=[2, 2],
    sample_size=1024,
    down_block_types=["DownEncoderBlock2D"] * 4,
    up_block_types=["UpDecoderBlock2D"] * 4,
)
SCHEDULER = dict(
    _class_name="FlowMatchEulerDiscreteScheduler",
    num_train_timesteps=1000,
    shift=3.0,
    use_dynamic_shifting=True,
    base_shift=0.5,
    max_shift=1.15,
    base_image_seq_len=256,
    max_image_seq_len=4096,
    shift_terminal=None,
    time_shift_type="exponential",
    invert_sigmas=False,
    stochastic_sampling=False,
    use_karras_sigmas=False,
    use_exponential_sigmas=False,
    use_beta_sigmas=False,
)
INDEX = dict(
    _class_name="Flux2KleinPipeline",
    is_distilled=True,
    scheduler=["diffusers", "FlowMatchEulerDiscreteScheduler"],
    text_encoder=["transformers", "Qwen3ForCausalLM"],
    tokenizer=["transformers", "Qwen2TokenizerFast"],
    transformer=["diffusers", "Flux2Transformer2DModel"],
    vae=["diffusers", "AutoencoderKLFlux2"],
)


def text_encoder_shapes():
    yield "model.embed_tokens.weight", [151936, HIDDEN]
    for i in range(TEXT_LAYERS):
        layer = f"model.layers.{i}."
        for name in ("input_layernorm", "post_attention_layernorm"):
            yield f"{layer}{name}.weight", [HIDDEN]
        for name, rows in (("q", 4096), ("k", 1024), ("v", 1024)):
            yield f"{layer}self_attn.{name}_proj.weight", [rows, HIDDEN]
        yield f"{layer}self_attn.o_proj.weight", [HIDDEN, 4096]
        for name in ("q_norm", "k_norm"):
            yield f"{layer}self_attn.{name}.weight", [128]
        for name in ("gate_proj", "up_proj"):
            yield f"{layer}mlp.{name}.weight", [9728, HIDDEN]
        yield f"{layer}mlp.down_proj.weight", [HIDDEN, 9728]
    yield "model.norm.weight", [HIDDEN]


def transformer_shapes():
    mlp = 3 * INNER
    yield "x_embedder.weight", [INNER, 128]
    yield "context_embedder.weight", [INNER, 3 * HIDDEN]
    yield "time_guidance_embed.timestep_embedder.linear_1.weight", [INNER, 256]
    yield "time_guidance_embed.timestep_embedder.linear_2.weight", [INNER, INNER]
    for name, parts in (
        ("double_stream_modulation_img", 6),
        ("double_stream_modulation_txt", 6),
        ("single_stream_modulation", 3),
        ("norm_out", 2),
    ):
        yield f"{name}.linear.weight", [parts * INNER, INNER]
    yield "proj_out.weight", [128, INNER]
    for i in range(TRANSFORMER["num_layers"]):
        block = f"transformer_blocks.{i}."
        for name in (
            "to_q",
            "to_k",
            "to_v",
            "add_q_proj",
            "add_k_proj",
            "add_v_proj",
            "to_out.0",
            "to_add_out",
        ):
            yield f"{block}attn.{name}.weight", [INNER, INNER]
        for name in ("norm_q", "norm_k", "norm_added_q", "norm_added_k"):
            yield f"{block}attn.{name}.weight", [128]
        for name in ("ff", "ff_context"):
            yield f"{block}{name}.linear_in.weight", [2 * mlp, INNER]
            yield f"{block}{name}.linear_out.weight", [INNER, mlp]
    for i in range(TRANSFORMER["num_single_layers"]):
        block = f"single_transformer_blocks.{i}.attn."
        yield f"{block}to_qkv_mlp_proj.weight", [3 * INNER + 2 * mlp, INNER]
        yield f"{block}to_out.weight", [INNER, INNER + mlp]
        for name in ("norm_q", "norm_k"):
            yield f"{block}{name}.weight", [128]


def autoencoder_shapes():
    """Taken from diffusers, which knows the 251 names; the model is small enough to build."""
    from diffusers import AutoencoderKLFlux2

    settings = {k: v for k, v in AUTOENCODER.items() if not k.startswith("_")}
    for name, tensor in AutoencoderKLFlux2(**settings).state_dict().items():
        yield name, list(tensor.shape)


def bfloat16(values):
    """The upper halves of float32 values, cut off."""
    return (np.ascontiguousarray(values, np.float32).view(np.uint32) >> 16).astype("<u2")


def values(draw, name, shape, count):
    """Random values of a size that keeps activations finite and of order one."""
    noise = draw.standard_normal(count, np.float32)
    if name == "bn.running_var":
        return 0.5 + np.abs(noise)
    if name.endswith("bias") or name == "bn.running_mean":
        return 0.1 * noise
    if len(shape) == 1:
        return 1 + 0.1 * noise
    if "embed_tokens" in name:
        return noise
    residual = name.endswith(
        ("o_proj.weight", "down_proj.weight", "to_out.weight", "linear_out.weight")
    )
    return noise * ((0.3 if residual else 1.0) / prod(shape[1:]) ** 0.5)


def write_safetensors(path, shapes, seed):
    """Streams the tensors into a file behind their header."""
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in shapes:
        size = 8 if name == COUNTER else 2 * prod(shape)
        header[name] = {
            "dtype": "I64" if name == COUNTER else "BF16",
            "shape": shape,
            "data_offsets": [offset, offset + size],
        }
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    draw = np.random.default_rng(seed)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in shapes:
            if name == COUNTER:
                file.write(struct.pack("<q", 1234))
                continue
            left = prod(shape)
            while left:
                count = min(left, CHUNK_ELEMENTS)
                bfloat16(values(draw, name, shape, count)).tofile(file)
                left -= count
    return offset


def write_text_encoder(folder, seed):
    """Two shards and their index, as the published folder has them."""
    shapes = list(text_encoder_shapes())
    half = len(shapes) * 55 // 100
    places, total = {}, 0
    for i, part in enumerate((shapes[:half], shapes[half:])):
        file = f"model-{i + 1:05d}-of-00002.safetensors"
        total += write_safetensors(folder / file, part, seed + i)
        places.update(dict.fromkeys((name for name, _ in part), file))
    index = {"metadata": {"total_size": total}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument(
        "--tokenizer", required=True, help="folder with the Qwen3 tokenizer's files"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    configurations = {
        "text_encoder/config.json": TEXT_ENCODER,
        "transformer/config.json": TRANSFORMER,
        "vae/config.json": AUTOENCODER,
        "scheduler/scheduler_config.json": SCHEDULER,
        "model_index.json": INDEX,
    }
    for name, content in configurations.items():
        (options.out / name).parent.mkdir(parents=True, exist_ok=True)
        (options.out / name).write_text(json.dumps(content, indent=2))
    shutil.copytree(options.tokenizer, options.out / "tokenizer", dirs_exist_ok=True)
    stem = "diffusion_pytorch_model.safetensors"
    write_safetensors(options.out / "vae" / stem, list(autoencoder_shapes()), options.seed)
    write_safetensors(
        options.out / "transformer" / stem, list(transformer_shapes()), options.seed + 1
    )
    write_text_encoder(options.out / "text_encoder", options.seed + 2)


if __name__ == "__main__":
    main()
