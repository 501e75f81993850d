#!/usr/bin/env python3
"""Loads the embedded model with diffusers and compares images with the program's.

    python embedded_model.py --model ../../models/iris-tiny --iris ../../.build/release/iris

Passes when every channel value is within 1 of diffusers' and 99.9 % are equal.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from diffusers import Flux2KleinPipeline  # noqa: E402
from PIL import Image  # noqa: E402

PROMPT, SEED, WIDTH, HEIGHT = "a red fox on a beach at sunset", 3, 512, 768
STEPS = (4, 20)  # above the boundary of the low-noise adapter, and through it
LARGEST_DIFFERENCE, LEAST_EQUAL = 1, 0.999


def load(model, boundary):
    """The pipeline in float32, as Iris computes, its low-noise adapter switched off."""
    pipeline = Flux2KleinPipeline.from_pretrained(model, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    if boundary is not None:
        pipeline.load_lora_weights(model / "low_noise", adapter_name="low_noise")
        pipeline.transformer.disable_adapters()
    return pipeline


def reference(pipeline, index, steps):
    """Renders with diffusers."""
    boundary = index.get("boundary_ratio")

    def step_done(_pipeline, step, _time, values):
        sigma = pipeline.scheduler.sigmas[step + 1]
        if boundary is not None and 0 < sigma < boundary:
            pipeline.transformer.enable_adapters()
        elif boundary is not None:
            pipeline.transformer.disable_adapters()
        return values

    return pipeline(
        prompt=PROMPT, width=WIDTH, height=HEIGHT, num_inference_steps=steps, guidance_scale=1.0,
        generator=torch.Generator().manual_seed(SEED), callback_on_step_end=step_done,
        max_sequence_length=index["max_sequence_length"],
        text_encoder_out_layers=tuple(index["text_encoder_out_layers"]),
    ).images[0]


def rendered(iris, model, steps):
    """Renders with Iris."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "image.png"
        subprocess.run(
            [iris, "generate", PROMPT, "--model", model, "--seed", str(SEED), "--steps", str(steps),
             "--size", f"{WIDTH}x{HEIGHT}", "--output", output, "--quiet"], check=True)
        return Image.open(output).convert("RGB")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--iris", type=Path, required=True)
    arguments = parser.parse_args()
    index = json.loads((arguments.model / "model_index.json").read_text())
    pipeline, failed = load(arguments.model, index.get("boundary_ratio")), False
    for steps in STEPS:
        ours, theirs = (np.asarray(image).astype(int) for image in
                        (rendered(arguments.iris, arguments.model, steps),
                         reference(pipeline, index, steps)))
        difference = np.abs(ours - theirs)
        worst, equal = difference.max(), (difference == 0).mean()
        print(f"{steps} steps: largest difference {worst}, equal {100 * equal:.2f} %")
        failed |= bool(worst > LARGEST_DIFFERENCE or equal < LEAST_EQUAL)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
