"""One random low-rank adapter written in every spelling that users have."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file

from random_model import generator

RANK, ALPHA = 2, 3.0

FUSED = {
    "img_attn.qkv": ("to_q", "to_k", "to_v"),
    "txt_attn.qkv": ("add_q_proj", "add_k_proj", "add_v_proj"),
}
BLOCK = {
    "img_attn.proj": "attn.to_out.0",
    "txt_attn.proj": "attn.to_add_out",
    "img_mlp.0": "ff.linear_in",
    "img_mlp.2": "ff.linear_out",
    "txt_mlp.0": "ff_context.linear_in",
    "txt_mlp.2": "ff_context.linear_out",
}
TOP = {"img_in": "x_embedder", "txt_in": "context_embedder", "final_layer.linear": "proj_out"}


@dataclass(frozen=True)
class Adapter:
    """A file, and the one with which diffusers does the same at `scale` times the strength.

    The two differ where diffusers loads nothing from a spelling that people do have.
    """

    file: str
    like: str
    scale: float
    storage: torch.dtype = torch.float32

    def as_json(self):
        return dict(file=self.file, like=self.like, scale=self.scale)


PLAIN, WITH_ALPHA = "peft.safetensors", "kohya.safetensors"
ADAPTERS = [
    Adapter(PLAIN, PLAIN, 1.0),
    Adapter("peft_metadata.safetensors", "peft_metadata.safetensors", 1.0, torch.bfloat16),
    Adapter("peft_bare.safetensors", PLAIN, 1.0, torch.bfloat16),
    Adapter("bfl.safetensors", "bfl.safetensors", 1.0, torch.bfloat16),
    Adapter("bfl_bare.safetensors", PLAIN, 1.0, torch.bfloat16),
    Adapter("bfl_wrapped.safetensors", "bfl_wrapped.safetensors", 1.0, torch.bfloat16),
    Adapter("bfl_alpha.safetensors", PLAIN, ALPHA / RANK, torch.bfloat16),
    Adapter("bfl_down_up.safetensors", PLAIN, ALPHA / RANK, torch.float16),
    Adapter(WITH_ALPHA, WITH_ALPHA, 1.0, torch.float16),
    Adapter("kohya_mixed.safetensors", "kohya_mixed.safetensors", 1.0),
]


def bfl_modules(transformer):
    """The name of each module in the original spelling, and the diffusers modules it stands for."""
    for i in range(len(transformer.transformer_blocks)):
        for name, parts in FUSED.items():
            yield f"double_blocks.{i}.{name}", [
                f"transformer_blocks.{i}.attn.{part}" for part in parts
            ]
        for name, part in BLOCK.items():
            yield f"double_blocks.{i}.{name}", [f"transformer_blocks.{i}.{part}"]
    for i in range(len(transformer.single_transformer_blocks)):
        yield f"single_blocks.{i}.linear1", [f"single_transformer_blocks.{i}.attn.to_qkv_mlp_proj"]
        yield f"single_blocks.{i}.linear2", [f"single_transformer_blocks.{i}.attn.to_out"]
    for name, module in TOP.items():
        yield name, [module]


def random_pair(stream, outputs, inputs, rank):
    """Factors whose product changes a layer visibly, exact in every storage type."""
    down = torch.randn((rank, inputs), generator=stream) / inputs**0.5
    up = 0.3 * torch.randn((outputs, rank), generator=stream) / rank**0.5
    return [(m * 128).round().clamp(-127, 127) / 128 for m in (down, up)]


def spelled(pairs, prefix="", down="lora_A", up="lora_B", alpha=None):
    tensors = {}
    for name, (a, b) in pairs.items():
        tensors[f"{prefix}{name}.{down}.weight"] = a
        tensors[f"{prefix}{name}.{up}.weight"] = b
        if alpha is not None:
            tensors[f"{prefix}{name}.alpha"] = torch.tensor(alpha)
    return tensors


def kohya(name):
    return "lora_unet_" + name.replace(".", "_")


def write_adapters(folder, transformer, seed):
    """Writes all spellings and `lora.json`, which lists them."""
    folder = Path(folder)
    folder.mkdir(parents=True)
    layers = dict(transformer.named_modules())
    stream = generator(seed, "lora")
    bfl, peft, mixed = {}, {}, {}
    for name, targets in bfl_modules(transformer):
        rows = [layers[t].out_features for t in targets]
        a, b = random_pair(stream, sum(rows), layers[targets[0]].in_features, RANK)
        bfl[name] = (a, b)
        peft.update({t: (a, part) for t, part in zip(targets, torch.split(b, rows))})
    for rank, (name, targets) in zip(range(1, 6), list(bfl_modules(transformer))[1:]):
        outputs = sum(layers[t].out_features for t in targets)
        pair = random_pair(stream, outputs, layers[targets[0]].in_features, rank)
        mixed.update(spelled({kohya(name): pair}, "", "lora_down", "lora_up", alpha=2.0 + rank))
    spread = {kohya(k): v for k, v in bfl.items()}
    metadata = {
        "transformer.r": RANK,
        "transformer.lora_alpha": ALPHA,
        "transformer.target_modules": sorted(peft),
    }
    contents = {
        "peft.safetensors": spelled(peft, "transformer."),
        "peft_metadata.safetensors": spelled(peft, "transformer."),
        "peft_bare.safetensors": spelled(peft),
        "bfl.safetensors": spelled(bfl, "diffusion_model."),
        "bfl_bare.safetensors": spelled(bfl),
        "bfl_wrapped.safetensors": spelled(bfl, "base_model.model."),
        "bfl_alpha.safetensors": spelled(bfl, "diffusion_model.", alpha=ALPHA),
        "bfl_down_up.safetensors": spelled(bfl, "diffusion_model.", "lora_down", "lora_up", ALPHA),
        "kohya.safetensors": spelled(spread, "", "lora_down", "lora_up", ALPHA),
        "kohya_mixed.safetensors": mixed,
    }
    for adapter in ADAPTERS:
        header = {"format": "pt"}
        if adapter.file == "peft_metadata.safetensors":
            header = {"lora_adapter_metadata": json.dumps(metadata, sort_keys=True)}
        tensors = {}
        for key, value in contents[adapter.file].items():
            tensors[key] = value.to(adapter.storage).contiguous().clone()
            assert torch.equal(
                tensors[key].float(), value
            ), "the storage type must hold the factors exactly"
        save_file(tensors, folder / adapter.file, metadata=header)
    (folder / "lora.json").write_text(json.dumps([a.as_json() for a in ADAPTERS], indent=1) + "\n")


class Adapted:
    """Loads an adapter into a diffusers pipeline for the length of a `with` block."""

    def __init__(self, pipeline, folder, file, strength):
        self.pipeline, self.folder, self.strength = pipeline, Path(folder), strength
        self.adapter = next((a for a in ADAPTERS if a.file == file), Adapter(file, file, 1.0))

    def __enter__(self):
        self.pipeline.load_lora_weights(
            str(self.folder), weight_name=self.adapter.like, adapter_name="adapter"
        )
        self.pipeline.set_adapters(["adapter"], [self.strength * self.adapter.scale])

    def __exit__(self, *_):
        self.pipeline.unload_lora_weights()
