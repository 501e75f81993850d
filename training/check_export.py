"""Loads an exported directory with diffusers and renders a contact sheet.

    python check_export.py ../models/iris-tiny --output sheet.png --size 256
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import torch
from diffusers import Flux2KleinPipeline
from PIL import Image

from iris_training.sampling import PROMPTS


def render(pipeline: Flux2KleinPipeline, folder: Path, prompt: str, size: int, seed: int,
           steps: int, image: Image.Image | None = None) -> Image.Image:
    """One picture with the settings the directory asks for."""
    index = json.loads((folder / "model_index.json").read_text())
    boundary = index.get("boundary_ratio")

    def step_done(_pipeline: Flux2KleinPipeline, step: int, _time: float, values: dict) -> dict:
        if boundary is not None and 0 < pipeline.scheduler.sigmas[step + 1] < boundary:
            pipeline.transformer.enable_adapters()
        elif boundary is not None:
            pipeline.transformer.disable_adapters()
        return values

    return pipeline(
        callback_on_step_end=step_done,
        prompt=prompt, image=image, width=size, height=size, num_inference_steps=steps,
        guidance_scale=1.0, generator=torch.Generator().manual_seed(seed),
        max_sequence_length=index["max_sequence_length"],
        text_encoder_out_layers=tuple(index["text_encoder_out_layers"])).images[0]


def load_low_noise_adapter(pipeline: Flux2KleinPipeline, folder: Path) -> None:
    """Adds the model's low-noise adapter, if it has one, switched off."""
    if json.loads((folder / "model_index.json").read_text()).get("boundary_ratio") is not None:
        pipeline.load_lora_weights(folder / "low_noise", adapter_name="low_noise")
        pipeline.transformer.disable_adapters()


def contact_sheet(pictures: list[Image.Image], columns: int) -> Image.Image:
    """The pictures in rows."""
    width, height = pictures[0].size
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height))
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (number % columns * width, number // columns * height))
    return sheet


def main() -> None:
    """Renders the sheet in float32, as the service computes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--count", type=int, default=len(PROMPTS))
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--edit", help="instruction to apply to every rendered picture")
    arguments = parser.parse_args()
    pipeline = Flux2KleinPipeline.from_pretrained(arguments.model, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    load_low_noise_adapter(pipeline, arguments.model)
    settings = (arguments.size, arguments.seed, arguments.steps)
    began = time.monotonic()
    pictures = [render(pipeline, arguments.model, prompt, *settings)
                for prompt in PROMPTS[:arguments.count]]
    if arguments.edit:
        pictures += [render(pipeline, arguments.model, arguments.edit, *settings, picture)
                     for picture in pictures]
    contact_sheet(pictures, 8 if arguments.size <= 256 else 4).save(arguments.output)
    print(f"{(time.monotonic() - began) / len(pictures):.2f} s per picture")


if __name__ == "__main__":
    main()
