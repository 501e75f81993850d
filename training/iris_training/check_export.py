"""Loads an exported directory with diffusers and renders a contact sheet.

    python -m iris_training.check_export ../models/iris-tiny --output sheet.png --size 256
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import Flux2KleinPipeline
from PIL import Image

from .pixels import save_sheet
from .sampling import PROMPTS


def load_pipeline(model: Path) -> Flux2KleinPipeline:
    """The directory in float32, as Iris computes, with its low-noise adapter switched off."""
    pipeline = Flux2KleinPipeline.from_pretrained(model, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    if _index(model).get("boundary_ratio") is not None:
        pipeline.load_lora_weights(model / "low_noise", adapter_name="low_noise")
        pipeline.transformer.disable_adapters()
    return pipeline


def _index(model: Path) -> dict[str, Any]:
    return json.loads((model / "model_index.json").read_text())


def text_settings(model: Path) -> dict[str, Any]:
    """Arguments of a call for which diffusers does not read the directory's own values."""
    index = _index(model)
    return {"max_sequence_length": index["max_sequence_length"],
            "text_encoder_out_layers": tuple(index["text_encoder_out_layers"])}


def render(pipeline: Flux2KleinPipeline, model: Path, prompt: str, size: int, seed: int,
           steps: int, image: Image.Image | None = None) -> Image.Image:
    """One image with the settings the directory asks for."""
    boundary = _index(model).get("boundary_ratio")

    def step_done(_pipeline: Flux2KleinPipeline, step: int, _time: float,
                  values: dict[str, Any]) -> dict[str, Any]:
        if boundary is not None and 0 < pipeline.scheduler.sigmas[step + 1] < boundary:
            pipeline.transformer.enable_adapters()
        elif boundary is not None:
            pipeline.transformer.disable_adapters()
        return values

    return pipeline(
        callback_on_step_end=step_done,
        prompt=prompt, image=image, width=size, height=size, num_inference_steps=steps,
        guidance_scale=1.0, generator=torch.Generator().manual_seed(seed),
        **text_settings(model)).images[0]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--count", type=int, default=len(PROMPTS))
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--edit", help="instruction to apply to every rendered image")
    return parser


def main(options: Sequence[str] | None = None) -> None:
    """Renders the sheet."""
    arguments = _parser().parse_args(options)
    pipeline = load_pipeline(arguments.model)
    settings = (arguments.size, arguments.seed, arguments.steps)
    began = time.monotonic()
    images = [render(pipeline, arguments.model, prompt, *settings)
              for prompt in PROMPTS[:arguments.count]]
    if arguments.edit:
        images += [render(pipeline, arguments.model, arguments.edit, *settings, image)
                   for image in images]
    save_sheet(arguments.output, images, 8 if arguments.size <= 256 else 4)
    print(f"{(time.monotonic() - began) / len(images):.2f} s per image")


if __name__ == "__main__":
    main()
