#!/usr/bin/env python3
"""Writes a model directory as the single files people have from BFL and ComfyUI.

    python bfl_spelling.py MODEL_DIRECTORY OUTPUT_FOLDER [--prefix model.diffusion_model.]

The single files carry no configuration, so a reader takes from klein what the tensors do not tell:
heads 128 wide in both transformers, rotary axes of 4 x 32 with theta 2000, theta 1e6 in Qwen3, 32
normalisation groups, text layers 9, 18 and 27, 512 text tokens, the dynamic shift. A random model
must agree with all of these: the preset `faithful` does.
"""

import argparse
import json
import re
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from random_model import COMPONENTS

TOP = {
    "x_embedder": "img_in",
    "context_embedder": "txt_in",
    "proj_out": "final_layer.linear",
    "time_guidance_embed.timestep_embedder.linear_1": "time_in.in_layer",
    "time_guidance_embed.timestep_embedder.linear_2": "time_in.out_layer",
    "double_stream_modulation_img.linear": "double_stream_modulation_img.lin",
    "double_stream_modulation_txt.linear": "double_stream_modulation_txt.lin",
    "single_stream_modulation.linear": "single_stream_modulation.lin",
}
DOUBLE = {
    "attn.norm_q.weight": "img_attn.norm.query_norm.scale",
    "attn.norm_k.weight": "img_attn.norm.key_norm.scale",
    "attn.norm_added_q.weight": "txt_attn.norm.query_norm.scale",
    "attn.norm_added_k.weight": "txt_attn.norm.key_norm.scale",
    "attn.to_out.0.weight": "img_attn.proj.weight",
    "attn.to_add_out.weight": "txt_attn.proj.weight",
    "ff.linear_in.weight": "img_mlp.0.weight",
    "ff.linear_out.weight": "img_mlp.2.weight",
    "ff_context.linear_in.weight": "txt_mlp.0.weight",
    "ff_context.linear_out.weight": "txt_mlp.2.weight",
}
FUSED = {
    "img_attn.qkv.weight": ("attn.to_q.weight", "attn.to_k.weight", "attn.to_v.weight"),
    "txt_attn.qkv.weight": (
        "attn.add_q_proj.weight",
        "attn.add_k_proj.weight",
        "attn.add_v_proj.weight",
    ),
}
SINGLE = {
    "attn.to_qkv_mlp_proj.weight": "linear1.weight",
    "attn.to_out.weight": "linear2.weight",
    "attn.norm_q.weight": "norm.query_norm.scale",
    "attn.norm_k.weight": "norm.key_norm.scale",
}


def load_component(model, component):
    """All tensors of a component, from one file or from shards."""
    tensors = {}
    for file in sorted((Path(model) / component).glob(COMPONENTS[component] + "*.safetensors")):
        tensors.update(load_file(file))
    return tensors


def blocks_of(tensors, prefix):
    """The tensors of each block, by their names inside it."""
    blocks = {}
    for name in [n for n in tensors if n.startswith(prefix + ".")]:
        index, inner = name.removeprefix(prefix + ".").split(".", 1)
        blocks.setdefault(int(index), {})[inner] = tensors.pop(name)
    return blocks


def bfl_transformer(tensors):
    """The original names: q, k and v in one matrix, and (shift, scale) in the last layer."""
    tensors, result = dict(tensors), {}
    for i, block in blocks_of(tensors, "transformer_blocks").items():
        for name, parts in FUSED.items():
            result[f"double_blocks.{i}.{name}"] = torch.cat([block.pop(part) for part in parts])
        result.update({f"double_blocks.{i}.{DOUBLE[name]}": value for name, value in block.items()})
    for i, block in blocks_of(tensors, "single_transformer_blocks").items():
        result.update({f"single_blocks.{i}.{SINGLE[name]}": value for name, value in block.items()})
    scale, shift = tensors.pop("norm_out.linear.weight").chunk(2)
    result["final_layer.adaLN_modulation.1.weight"] = torch.cat([shift, scale])
    result.update(
        {TOP[name.removesuffix(".weight")] + ".weight": value for name, value in tensors.items()}
    )
    return result


def bfl_autoencoder_name(name, levels):
    """One name of the autoencoder; the decoder numbers its levels from the finest."""
    name = re.sub(r"^quant_conv", "encoder.quant_conv", name)
    name = re.sub(r"^post_quant_conv", "decoder.post_quant_conv", name)
    name = re.sub(r"down_blocks\.(\d+)\.resnets\.", r"down.\1.block.", name)
    name = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0\.", r"down.\1.downsample.", name)
    name = re.sub(r"up_blocks\.(\d+)", lambda m: f"up.{levels - 1 - int(m[1])}", name)
    name = re.sub(r"(up\.\d+)\.resnets\.", r"\1.block.", name)
    name = re.sub(r"(up\.\d+)\.upsamplers\.0\.", r"\1.upsample.", name)
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    name = name.replace("mid_block.attentions.0.group_norm", "mid.attn_1.norm")
    name = name.replace("mid_block.attentions.0.to_out.0", "mid.attn_1.proj_out")
    name = re.sub(r"mid_block\.attentions\.0\.to_([qkv])", r"mid.attn_1.\1", name)
    return name.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")


def bfl_autoencoder(tensors):
    """The original names; the attention's matrices are 1x1 convolutions there."""
    levels = 1 + max(
        int(m[1]) for m in (re.match(r"encoder\.down_blocks\.(\d+)", n) for n in tensors) if m
    )
    result = {}
    for name, value in tensors.items():
        if re.search(r"attentions\.0\.to_.*weight", name):
            value = value[:, :, None, None]
        result[bfl_autoencoder_name(name, levels)] = value
    return result


def write_single_files(model, folder, prefix=""):
    """Writes the three files; returns the command line's options for them."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "flux-2-klein.safetensors": {
            prefix + k: v for k, v in bfl_transformer(load_component(model, "transformer")).items()
        },
        "flux2-vae.safetensors": bfl_autoencoder(load_component(model, "vae")),
        "qwen_3.safetensors": load_component(model, "text_encoder"),
    }
    for name, tensors in contents.items():
        save_file({k: v.contiguous().clone() for k, v in tensors.items()}, folder / name)
    transformer, autoencoder, text_encoder = (str(folder / name) for name in contents)
    return [
        "--transformer",
        transformer,
        "--autoencoder",
        autoencoder,
        "--text-encoder",
        text_encoder,
        "--tokenizer",
        str(Path(model) / "tokenizer"),
    ]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("folder")
    parser.add_argument("--prefix", default="", help="put before every name of the transformer")
    options = parser.parse_args()
    print(json.dumps(write_single_files(options.model, options.folder, options.prefix)))


if __name__ == "__main__":
    main()
