"""Renders prompts with a training checkpoint, for looking at.

    python -m iris_training.sampling --folder RUN --checkpoint student.pt --output sheet.png
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from diffusers import Flux2Transformer2DModel

from .batches import Grid
from .latents import decoded_images, finished_autoencoder
from .pixels import Size, parsed_size, save_sheet
from .run import Run, run_arguments
from .transformer import Prompts, load_transformer, velocity

SERVICE_SHIFT = 2.0
"""The scheduler's static shift in the exported model."""
SERVICE_STEPS = 4
"""Iris' default for a distilled model."""
PROMPTS = (
    "a red fox on a beach at sunset", "warung kopi pinggir jalan Jakarta malam",
    "kucing oren tidur di kasur", "a serene Indonesian beach at sunset, photorealistic",
    "an elephant in a meadow on a sunny day", "a blue car in the city at night",
    "perahu layar di laut saat senja", "seekor harimau di hutan",
    "a small dog on the left in the snow", "a red balloon over the rice fields",
    "a robot on a pink background", "masjid di sawah malam hari",
    "a cat and a soccer ball in the desert", "a rocket above the mountains in a storm",
    "secangkir kopi di kamar tidur", "a snowman in the forest under a starry sky",
)


def service_sigmas(steps: int, shift: float) -> list[float]:
    """The exported scheduler's noise levels, ending at zero."""
    levels = [1 - (1 - 1 / steps) * k / max(1, steps - 1) for k in range(steps)]
    return [shift * s / (1 + (shift - 1) * s) for s in levels] + [0.0]


def initial_noise(run: Run, count: int, size: Size, seed: int) -> torch.Tensor:
    """Noise tokens for images of one size, `[count, N, C]`."""
    generator = torch.Generator().manual_seed(seed)
    shape = (count, Grid.whole(size).count, run.configuration.autoencoder.token_channels)
    return torch.randn(shape, generator=generator).to(run.device)


@torch.no_grad()
def denoise(model: Flux2Transformer2DModel, noise: torch.Tensor, text: torch.Tensor,
            empty: torch.Tensor | None, grids: list[Grid], sigmas: list[float],
            guidance: float = 1.0, references: Sequence[torch.Tensor] = ()) -> torch.Tensor:
    """Clean tokens, by Euler steps; with guidance when `empty` features are given."""
    tokens = noise
    for sigma, after in zip(sigmas[:-1], sigmas[1:]):
        level = tokens.new_full((len(tokens),), sigma)
        flow = velocity(model, tokens, level, text, grids, references).float()
        if empty is not None:
            plain = velocity(model, tokens, level, empty, grids, references).float()
            flow = plain + guidance * (flow - plain)
        tokens = tokens + (after - sigma) * flow
    return tokens


def _parser() -> argparse.ArgumentParser:
    parser = run_arguments(__doc__)
    parser.add_argument("--checkpoint", default="transformer.pt")
    parser.add_argument("--size", default="256", help="side, or WIDTHxHEIGHT")
    parser.add_argument("--count", type=int, default=len(PROMPTS))
    parser.add_argument("--steps", type=int, default=SERVICE_STEPS)
    parser.add_argument("--guidance", type=float, default=1.0)
    parser.add_argument("--shift", type=float, default=SERVICE_SHIFT)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, required=True)
    return parser


def main(options: Sequence[str] | None = None) -> None:
    """Writes one sheet."""
    arguments = _parser().parse_args(options)
    run, size, prompts = Run.of(arguments), parsed_size(arguments.size), PROMPTS[:arguments.count]
    model, features = load_transformer(run, run.path(arguments.checkpoint)), Prompts(run)
    empty = features([""] * len(prompts)) if arguments.guidance > 1 else None
    noise = initial_noise(run, len(prompts), size, arguments.seed)
    sigmas = service_sigmas(arguments.steps, arguments.shift)
    tokens = denoise(model, noise, features(list(prompts)), empty, [Grid.whole(size)], sigmas,
                     arguments.guidance)
    images = decoded_images(finished_autoencoder(run), tokens, size)
    save_sheet(arguments.output, images, 8 if size[0] <= 256 else 4)


if __name__ == "__main__":
    main()
