"""Writes the trained parts as a FLUX.2 [klein] directory in the diffusers layout, as float16.

The transformer, the text encoder and the low-noise adapter are rounded to six bits of mantissa, one
less than bfloat16 keeps: packed, they take a fifth less.

    python -m iris_training.export --folder RUN --output ../models/iris-tiny
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from diffusers import FlowMatchEulerDiscreteScheduler, Flux2KleinPipeline
from torch import nn
from transformers import Qwen2TokenizerFast, Qwen3ForCausalLM

from . import known_words
from .checkpoints import load
from .latents import finished_autoencoder
from .lora import write as write_adapter
from .low_noise import BOUNDARY
from .run import Run
from .sampling import SERVICE_SHIFT
from .text_encoder import load_encoder
from .tokenizer import PromptTokenizer
from .transformer import load_transformer

LARGEST_HALF = 6e4  # float16 ends at 65504
MANTISSA_BITS = 6
GUIDANCE_LIMIT = 0.25
"""The share of a token's length by which guidance may move it: at 4 unbounded guidance oversaturates."""


def exported_text_encoder(run: Run) -> Qwen3ForCausalLM:
    """The text encoder; its last layer, which nothing reads, is set to zero."""
    model = load_encoder(run, PromptTokenizer(run.path("tokenizer")))
    with torch.no_grad():
        for parameter in model.model.layers[-1].parameters():
            parameter.zero_()
    return model


def check_range(name: str, model: nn.Module) -> None:
    """Refuses weights that float16 cannot hold."""
    for key, value in model.state_dict().items():
        if value.is_floating_point() and value.abs().max() > LARGEST_HALF:
            raise ValueError(f"{name}: {key} does not fit float16")


def rounded(weights: torch.Tensor) -> torch.Tensor:
    """The nearest that `MANTISSA_BITS` and a leading one can hold."""
    scale = 2.0 ** (MANTISSA_BITS + 1)
    mantissa, exponent = torch.frexp(weights)
    return torch.ldexp(torch.round(mantissa * scale) / scale, exponent)


def round_mantissas(model: nn.Module) -> None:
    """Rounds every weight."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(rounded(parameter))


def write_low_noise_adapter(run: Run, output: Path) -> dict[str, float]:
    """Writes the run's low-noise adapter, if it has one; what the index should say of it."""
    checkpoint = load(run.path("low_noise.pt"))
    if checkpoint is None:
        return {}
    tensors = {key.replace(".default.", "."): rounded(value)
               for key, value in checkpoint["average"].items() if ".lora_" in key}
    write_adapter(tensors, output / "low_noise" / "pytorch_lora_weights.safetensors",
                  run.configuration.low_noise.rank)
    return {"boundary_ratio": BOUNDARY}


def exported_parts(run: Run, checkpoint: str, dtype: torch.dtype) -> dict[str, nn.Module]:
    """The trained networks by their names in the pipeline, rounded where float16 is asked for."""
    parts: dict[str, nn.Module] = {
        "transformer": load_transformer(run, run.path(checkpoint)),
        "vae": finished_autoencoder(run), "text_encoder": exported_text_encoder(run)}
    if dtype == torch.float16:
        for name, model in parts.items():
            check_range(name, model)
        for name in ("transformer", "text_encoder"):
            round_mantissas(parts[name])
    return {name: model.to(dtype) for name, model in parts.items()}


def complete_index(run: Run, output: Path) -> None:
    """Adds to `model_index.json` what Iris reads and diffusers does not; writes the adapter."""
    sizes, path = run.configuration, output / "model_index.json"
    index = json.loads(path.read_text())
    index |= {"text_encoder_out_layers": list(sizes.text_encoder.out_layers),
              "max_sequence_length": sizes.text_encoder.max_length,
              "native_sizes": [list(size) for size in sizes.export.native_sizes],
              "guidance_limit": GUIDANCE_LIMIT}
    index |= write_low_noise_adapter(run, output)
    path.write_text(json.dumps(index, indent=2) + "\n")


def write(run: Run, output: Path, checkpoint: str, dtype: torch.dtype, varied: bool = True) -> None:
    """Assembles the pipeline, saves it, then puts in the tokenizer's own files and extra keys."""
    parts = exported_parts(run, checkpoint, dtype)
    scheduler = FlowMatchEulerDiscreteScheduler(num_train_timesteps=1000, shift=SERVICE_SHIFT,
                                                use_dynamic_shifting=False)
    tokenizer = Qwen2TokenizerFast.from_pretrained(run.path("tokenizer"))
    pipeline = Flux2KleinPipeline(scheduler=scheduler, tokenizer=tokenizer, is_distilled=True,
                                  **parts)
    pipeline.save_pretrained(output, safe_serialization=True)
    shutil.rmtree(output / "tokenizer")
    shutil.copytree(run.path("tokenizer"), output / "tokenizer")
    complete_index(run, output)
    (output / "vocabulary.json").write_text(known_words.document(known_words.entries(varied)),
                                            encoding="utf-8")


def main(options: Sequence[str] | None = None) -> None:
    """Exports one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--checkpoint", default="student.pt")
    parser.add_argument("--dtype", choices=("float16", "float32"), default="float16")
    parser.add_argument("--varied", action=argparse.BooleanOptionalAction, default=True,
                        help="off where the student draws no weather, whose words are then unknown")
    arguments = parser.parse_args(options)
    write(Run(arguments.folder), arguments.output, arguments.checkpoint,
          getattr(torch, arguments.dtype), arguments.varied)
    size = sum(file.stat().st_size for file in arguments.output.rglob("*") if file.is_file())
    print(f"{arguments.output}: {size / 2 ** 20:.1f} MiB")


if __name__ == "__main__":
    main()
