"""Renders prompts with a training checkpoint, for looking at.

    python -m iris_training.sampling --folder RUN --checkpoint student.pt --output sheet.png
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from diffusers import Flux2Transformer2DModel

from .autoencoder import save_sheet
from .batches import Grid
from .latents import Size, decode_tokens, finished_autoencoder, parsed_size
from .loop import load
from .transformer import Prompts, build, velocity

SERVICE_SHIFT = 2.0
"""The scheduler's static shift in the exported model."""
SERVICE_STEPS = 4
"""What the program takes when nothing else is asked for."""
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


def initial_noise(count: int, size: Size, seed: int) -> torch.Tensor:
    """Noise tokens for pictures of one size, `[count, N, 128]`."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, Grid.whole(size).count, 128, generator=generator)


@torch.no_grad()
def denoise(model: Flux2Transformer2DModel, noise: torch.Tensor, text: torch.Tensor,
            empty: torch.Tensor | None, grids: list[Grid], sigmas: list[float],
            guidance: float = 1.0, references: Sequence[torch.Tensor] = ()) -> torch.Tensor:
    """Clean tokens, by Euler steps; with guidance when `empty` features are given."""
    tokens = noise
    for sigma, after in zip(sigmas[:-1], sigmas[1:]):
        level = torch.full((len(tokens),), sigma)
        flow = velocity(model, tokens, level, text, grids, references).float()
        if empty is not None:
            plain = velocity(model, tokens, level, empty, grids, references).float()
            flow = plain + guidance * (flow - plain)
        tokens = tokens + (after - sigma) * flow
    return tokens


def sample(model: Flux2Transformer2DModel, prompts: Prompts, texts: list[str], size: Size,
           steps: int, guidance: float, shift: float = SERVICE_SHIFT,
           seed: int = 0) -> torch.Tensor:
    """Clean tokens for the texts."""
    empty = prompts([""] * len(texts)) if guidance > 1 else None
    return denoise(model, initial_noise(len(texts), size, seed), prompts(texts), empty,
                   [Grid.whole(size)], service_sigmas(steps, shift), guidance)


def load_transformer(path: Path) -> Flux2Transformer2DModel:
    """A checkpoint's averaged transformer."""
    model = build()
    model.load_state_dict(load(path)["average"])
    return model.eval().requires_grad_(False)


def main() -> None:
    """Writes one sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--checkpoint", default="transformer.pt")
    parser.add_argument("--size", default="256", help="side, or WIDTHxHEIGHT")
    parser.add_argument("--count", type=int, default=len(PROMPTS))
    parser.add_argument("--steps", type=int, default=SERVICE_STEPS)
    parser.add_argument("--guidance", type=float, default=1.0)
    parser.add_argument("--shift", type=float, default=SERVICE_SHIFT)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    run, size = arguments.folder, parsed_size(arguments.size)
    model = load_transformer(run / arguments.checkpoint)
    tokens = sample(model, Prompts(run), list(PROMPTS[:arguments.count]), size, arguments.steps,
                    arguments.guidance, arguments.shift, arguments.seed)
    pictures = decode_tokens(finished_autoencoder(run), tokens, *size)
    per_row = 8 if size[0] <= 256 else 4
    rows = [pictures[k:k + per_row] for k in range(0, len(pictures), per_row)]
    save_sheet(arguments.output, rows)


if __name__ == "__main__":
    main()
