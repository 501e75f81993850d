#!/usr/bin/env python3
"""Writes adapters of every kind for a model, and what PEFT and LyCORIS compute with them.

    python adapter_kinds.py --model ../Fixtures/reference/tiny/model --out ../Fixtures/reference/tiny/kinds

PEFT makes DoRA, LoKr, LoHa and text-encoder LoRA, LyCORIS its own files, diffusers applies a LoKr of fused
projections. ComfyUI's full differences, biases and 1x1 convolutions are added to the weights here.
"""

import argparse
import copy
import json
import shutil
from pathlib import Path

import torch
from peft import (
    LoHaConfig,
    LoKrConfig,
    LoraConfig,
    get_peft_model_state_dict,
    inject_adapter_in_model,
)
from peft.tuners.tuners_utils import BaseTunerLayer
from safetensors.torch import save_file

from random_model import generator
from stages import TEXT_ROWS, tokens, transformer_inputs
from tokenizer import FOX

TARGETS = [
    "x_embedder",
    "context_embedder",
    "time_guidance_embed.timestep_embedder.linear_2",
    "double_stream_modulation_img.linear",
    "transformer_blocks.0.attn.to_q",
    "transformer_blocks.0.attn.to_out.0",
    "transformer_blocks.1.attn.add_v_proj",
    "transformer_blocks.1.ff.linear_in",
    "transformer_blocks.1.ff_context.linear_out",
    "single_transformer_blocks.0.attn.to_qkv_mlp_proj",
    "single_transformer_blocks.2.attn.to_qkv_mlp_proj",
    "single_transformer_blocks.2.attn.to_out",
    "norm_out.linear",
    "proj_out",
]


def randomise(module, stream, scale=0.3):
    """Random parameters; the lengths of rows are near those that they have."""
    for name, parameter in module.named_parameters():
        noise = torch.randn(parameter.shape, generator=stream)
        if "magnitude" in name or "dora_scale" in name:
            parameter.data *= 1 + 0.3 * noise
        else:
            parameter.data = scale * noise


class Recorder:
    """Writes the files, and the velocity of one call under each."""

    def __init__(self, pipeline, preset, seed, folder):
        self.pipeline, self.folder = pipeline, folder
        self.inputs = transformer_inputs(pipeline, preset, seed)
        self.stream = generator(seed, "kinds")
        self.entries, self.results = [], {}

    def copy(self):
        return copy.deepcopy(self.pipeline.transformer)

    def velocity(self, transformer):
        return transformer(**self.inputs, guidance=None, return_dict=False)[0][0].clone()

    def record(self, file, transformer, strength):
        self.entries.append(dict(file=file, strength=strength))
        self.results[file] = self.velocity(transformer)

    def save(self, file, tensors, metadata=None):
        path = self.folder / file
        path.parent.mkdir(exist_ok=True)
        tensors = {k: v.detach().contiguous().clone() for k, v in tensors.items()}
        save_file(tensors, path, metadata=metadata or {"format": "pt"})


def own_parameters(model):
    """The parameters of PEFT's layers alone."""
    for module in model.modules():
        if isinstance(module, BaseTunerLayer):
            for name in module.adapter_layer_names:
                yield getattr(module, name)


def peft_adapted(recorder, config, strength, model=None):
    model = inject_adapter_in_model(config, model or recorder.copy())
    for parameters in own_parameters(model):
        randomise(parameters, recorder.stream)
    for module in model.modules():
        if isinstance(module, BaseTunerLayer):
            module.set_scale("default", strength)
    model.requires_grad_(False)
    return model


def peft_dora(recorder):
    """As diffusers saves it, and with the adapter's name in each key."""
    config = LoraConfig(r=2, lora_alpha=3, use_dora=True, target_modules=TARGETS)
    model = peft_adapted(recorder, config, 0.8)
    header = {f"transformer.{k}": v for k, v in dict(r=2, lora_alpha=3, use_dora=True).items()}
    metadata = {"lora_adapter_metadata": json.dumps(header)}
    state = get_peft_model_state_dict(model)
    recorder.save(
        "peft_dora.safetensors", {f"transformer.{k}": v for k, v in state.items()}, metadata
    )
    recorder.record("peft_dora.safetensors", model, 0.8)
    raw = {k: v for k, v in model.state_dict().items() if ".default" in k}
    recorder.save(
        "peft_named.safetensors", {f"base_model.model.{k}": v for k, v in raw.items()}, metadata
    )
    recorder.record("peft_named.safetensors", model, 0.8)


def peft_folder(recorder, name, config, strength):
    """As `save_pretrained` writes it: a folder with the configuration."""
    model = peft_adapted(recorder, config, strength)
    state = get_peft_model_state_dict(model)
    recorder.save(
        f"{name}/adapter_model.safetensors", {f"base_model.model.{k}": v for k, v in state.items()}
    )
    values = {
        k: sorted(v) if isinstance(v, set) else v
        for k, v in config.to_dict().items()
        if k != "runtime_config"
    }
    (recorder.folder / name / "adapter_config.json").write_text(
        json.dumps(values, indent=1, default=str) + "\n"
    )
    recorder.record(name, model, strength)


def lycoris(recorder, file, module_class, strength, storage=torch.float32, **options):
    """One of LyCORIS' modules around each layer, and its state under `lycoris_` names."""
    model, tensors = recorder.copy(), {}
    layers = dict(model.named_modules())
    adapters = []
    for target in TARGETS:
        name = "lycoris_" + target.replace(".", "_")
        adapter = module_class(name, layers[target], strength, **options)
        randomise(adapter, recorder.stream)
        for parameter in adapter.parameters():
            parameter.data = parameter.data.to(storage).float()
        state = (
            {"diff": adapter.weight}
            if module_class.name == "full"
            else {k: v for k, v in adapter.custom_state_dict().items()}
        )
        tensors.update({f"{name}.{k}": v.clone().to(storage) for k, v in state.items()})
        adapters.append(adapter)
    for adapter in adapters:
        adapter.apply_to()
    recorder.save(file, tensors)
    recorder.record(file, model, strength)


def lycoris_kinds(recorder):
    from lycoris.modules.full import FullModule
    from lycoris.modules.locon import LoConModule
    from lycoris.modules.loha import LohaModule
    from lycoris.modules.lokr import LokrModule

    half = torch.float16
    lycoris(recorder, "lycoris_loha.safetensors", LohaModule, 0.8, half, lora_dim=2, alpha=1)
    lycoris(recorder, "lycoris_lokr.safetensors", LokrModule, 0.8, lora_dim=2, alpha=3, factor=4)
    lycoris(
        recorder, "lycoris_lokr_both.safetensors", LokrModule, -0.5, lora_dim=2, alpha=1,
        decompose_both=True, factor=8,
    )
    lycoris(
        recorder, "lycoris_lokr_whole.safetensors", LokrModule, 0.8, torch.bfloat16, lora_dim=4,
        alpha=1, full_matrix=True,
    )
    lycoris(recorder, "lycoris_full.safetensors", FullModule, 0.3, torch.float16)
    lycoris(
        recorder, "lycoris_dora.safetensors", LoConModule, 1.0, lora_dim=2, alpha=3,
        weight_decompose=True,
    )
    lycoris(
        recorder, "lycoris_lokr_dora.safetensors", LokrModule, 1.0, lora_dim=2, alpha=3, factor=4,
        weight_decompose=True,
    )
    lycoris(
        recorder, "lycoris_loha_dora.safetensors", LohaModule, 1.0, lora_dim=2, alpha=3,
        weight_decompose=True,
    )


def fused_lokr(recorder):
    """A LoKr of BFL's fused projections, which diffusers fuses to apply it."""
    stream, tensors = recorder.stream, {}
    hidden = recorder.pipeline.transformer.inner_dim
    for layer in ("double_blocks.0.img_attn.qkv", "double_blocks.1.txt_attn.qkv"):
        name = f"diffusion_model.{layer}"
        tensors[f"{name}.lokr_w1"] = 0.3 * torch.randn((4, 4), generator=stream)
        tensors[f"{name}.lokr_w2_a"] = 0.3 * torch.randn((3 * hidden // 4, 2), generator=stream)
        tensors[f"{name}.lokr_w2_b"] = 0.3 * torch.randn((2, hidden // 4), generator=stream)
        tensors[f"{name}.alpha"] = torch.tensor(3.0)
    recorder.save("bfl_lokr.safetensors", tensors)
    pipeline = copy.copy(recorder.pipeline)
    pipeline.register_modules(transformer=recorder.copy())
    pipeline.load_lora_weights(
        str(recorder.folder), weight_name="bfl_lokr.safetensors", adapter_name="a"
    )
    pipeline.set_adapters(["a"], [0.8])
    recorder.record("bfl_lokr.safetensors", pipeline.transformer, 0.8)


def comfy(recorder):
    """Full differences, biases and the factors of 1x1 convolutions, added to the weights."""
    stream, tensors, strength = recorder.stream, {}, 0.7
    model = recorder.copy()
    layers = dict(model.named_modules())
    prefix = "diffusion_model."

    def noise(*shape):
        return (0.1 * torch.randn(shape, generator=stream)).half().float()

    def change(original, path, halves=False):
        layer = layers[path]
        name = prefix + original
        weight, bias = noise(*layer.weight.shape), noise(layer.out_features)
        tensors[f"{name}.diff"], tensors[f"{name}.diff_b"] = weight.half(), bias.half()
        if halves:
            weight, bias = (torch.cat(v.chunk(2)[::-1]) for v in (weight, bias))
        layer.weight.data += strength * weight
        layer.bias = torch.nn.Parameter(strength * bias)

    change("single_blocks.1.linear2", "single_transformer_blocks.1.attn.to_out")
    change("final_layer.adaLN_modulation.1", "norm_out.linear", halves=True)
    bias = noise(layers["transformer_blocks.0.ff.linear_in"].out_features)
    tensors[f"{prefix}double_blocks.0.img_mlp.0.diff_b"] = bias.half()
    layers["transformer_blocks.0.ff.linear_in"].bias = torch.nn.Parameter(strength * bias)
    layer = layers["single_transformer_blocks.0.attn.to_qkv_mlp_proj"]
    down, up = noise(2, layer.in_features), 3 * noise(layer.out_features, 2)
    up = up.half().float()
    name = f"{prefix}single_blocks.0.linear1"
    tensors[f"{name}.lora_down.weight"] = down[:, :, None, None].half()
    tensors[f"{name}.lora_up.weight"] = up[:, :, None, None].half()
    layer.weight.data += strength * up @ down
    model.requires_grad_(False)
    recorder.save("comfy.safetensors", tensors)
    recorder.record("comfy.safetensors", model, strength)


def stored_otherwise(recorder):
    """LoRA in double precision and in both floats of 8 bits."""
    for name, storage in (
        ("float64", torch.float64),
        ("float8_e4m3", torch.float8_e4m3fn),
        ("float8_e5m2", torch.float8_e5m2),
    ):
        config = LoraConfig(r=2, lora_alpha=2, target_modules=TARGETS[4:10])
        model = peft_adapted(recorder, config, 0.8)
        for parameters in own_parameters(model):
            for parameter in parameters.parameters():
                parameter.data = parameter.data.to(storage).float()
        state = get_peft_model_state_dict(model)
        file = f"{name}.safetensors"
        recorder.save(file, {f"transformer.{k}": v.to(storage) for k, v in state.items()})
        recorder.record(file, model, 0.8)
    table = torch.arange(256, dtype=torch.uint8)
    tensors = {}
    for storage in (torch.float8_e4m3fn, torch.float8_e5m2):
        values = table.view(storage)
        name = str(storage).removeprefix("torch.")
        tensors[name], tensors[f"{name}.values"] = values, values.float()
    recorder.save("eight_bits.safetensors", tensors)


def text_encoder(recorder, preset):
    """LoRA of both networks in one file; the embedding of a short prompt, and the velocity."""
    names = ["q_proj", "o_proj", "down_proj"]
    layers = range(preset.text_layers)
    config = LoraConfig(
        r=2, lora_alpha=3, target_modules=names, layers_to_transform=list(layers)
    )
    encoder = peft_adapted(recorder, config, 0.8, copy.deepcopy(recorder.pipeline.text_encoder))
    model = peft_adapted(
        recorder, LoraConfig(r=2, lora_alpha=2, target_modules=TARGETS[4:6]), 0.8
    )
    header = {"text_encoder.r": 2, "text_encoder.lora_alpha": 3, "transformer.r": 2,
              "transformer.lora_alpha": 2}
    tensors = {
        f"text_encoder.{k}": v for k, v in get_peft_model_state_dict(encoder).items()
    } | {f"transformer.{k}": v for k, v in get_peft_model_state_dict(model).items()}
    recorder.save(
        "text_encoder.safetensors", tensors, {"lora_adapter_metadata": json.dumps(header)}
    )
    recorder.record("text_encoder.safetensors", model, 0.8)
    encoded = tokens(recorder.pipeline, FOX, TEXT_ROWS)
    states = encoder(**encoded, output_hidden_states=True, use_cache=False).hidden_states
    recorder.results["text_encoder.embedding"] = torch.cat(
        [states[k] for k in preset.text_out_layers], -1
    )[0]
    recorder.results["text_encoder.ids"] = encoded["input_ids"][0].float()
    recorder.results["text_encoder.count"] = encoded["attention_mask"].sum().float()


def write(pipeline, preset, seed, folder):
    """Writes all files, `kinds.json`, which lists them, and `kinds.safetensors`, the results."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    recorder = Recorder(pipeline, preset, seed, folder)
    peft_dora(recorder)
    shared = dict(target_modules=TARGETS, init_weights=True)
    peft_folder(recorder, "peft_lokr", LoKrConfig(r=3, alpha=5, decompose_factor=4, **shared), 0.8)
    peft_folder(recorder, "peft_lokr_whole", LoKrConfig(r=64, alpha=96, **shared), -0.4)
    peft_folder(recorder, "peft_loha", LoHaConfig(r=3, alpha=5, **shared), 0.8)
    lycoris_kinds(recorder)
    fused_lokr(recorder)
    comfy(recorder)
    stored_otherwise(recorder)
    text_encoder(recorder, preset)
    (folder / "kinds.json").write_text(json.dumps(recorder.entries, indent=1) + "\n")
    recorder.save("kinds.safetensors", {k: v.float() for k, v in recorder.results.items()})
    plain = recorder.velocity(pipeline.transformer)
    for file, velocity in recorder.results.items():
        if velocity.shape == plain.shape:
            print(f"{file}: moves the velocity by up to {(velocity - plain).abs().max():.3f}")


def main():
    # The settings of threads and of silence are those of all references.
    import make_tiny_reference  # noqa: F401

    import cases
    from presets import PRESETS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a folder that the scripts wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--preset", default="tiny", choices=PRESETS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    pipeline = cases.load_pipeline(options.model)
    write(pipeline, PRESETS[options.preset].checked(), options.seed, options.out)


if __name__ == "__main__":
    main()
