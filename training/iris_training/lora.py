"""Trains a LoRA style on the distilled transformer and writes it in PEFT's format.

    python -m iris_training.lora --folder RUN --style dark --output ../loras/dark.safetensors

Targets are free: the same scenes and captions, their renders passed through the style.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKLFlux2, Flux2Transformer2DModel
from peft import LoraConfig, get_peft_model_state_dict
from safetensors.torch import save_file

from .captions import caption
from .distillation import sample_windows
from .latents import encode_patches, load_autoencoder, tokens_of
from .loop import (Journal, Means, Optimizers, Ranks, learning_rate_scale, seeded,
                   stage_arguments, wait_out_pause)
from .sampling import load_transformer
from .scene import Scene, render, sample_scene
from .styles import STYLES
from .transformer import Prompts, velocity

RANK = 8
TARGETS = (r"transformer_blocks\.\d+\.(attn\.(to_q|to_k|to_v|to_out\.0)|ff\.linear_(in|out))"
           r"|single_transformer_blocks\.\d+\.attn\.(to_qkv_mlp_proj|to_out)")
"""The image stream's projections, as a pattern PEFT matches against whole names."""


def styled_tokens(model: AutoencoderKLFlux2, scenes: list[Scene], style: str, size: int,
                  bfloat16: bool) -> torch.Tensor:
    """Tokens of the scenes in the style."""
    pictures = [STYLES[style](render(scene, size)) for scene in scenes]
    pixels = np.stack([np.asarray(picture) for picture in pictures]).transpose(0, 3, 1, 2)
    images = torch.from_numpy(pixels.copy()).float() / 127.5 - 1
    return tokens_of(model, encode_patches(model, images, bfloat16))


@dataclass
class StyledPool:
    """Styled scenes of one size with their tokens."""

    size: int
    scenes: list[Scene]
    tokens: torch.Tensor

    @staticmethod
    def rendered(run: Path, style: str, size: int, count: int, rng: random.Random,
                 bfloat16: bool) -> StyledPool:
        """Samples, renders, styles and encodes scenes."""
        model, scenes = load_autoencoder(run), [sample_scene(rng) for _ in range(count)]
        step = max(1, 16 * 256 ** 2 // size ** 2)
        tokens = []
        for k in range(0, count, step):
            wait_out_pause()
            tokens.append(styled_tokens(model, scenes[k:k + step], style, size, bfloat16))
        return StyledPool(size, scenes, torch.cat(tokens))


def style_loss(model: Flux2Transformer2DModel, prompts: Prompts, pool: StyledPool, count: int,
               rng: random.Random) -> torch.Tensor:
    """Flow matching towards styled scenes, at the service's noise levels."""
    indices = [rng.randrange(len(pool.scenes)) for _ in range(count)]
    clean = pool.tokens[indices]
    sigma, noise = sample_windows(count, 4)[0], torch.randn_like(clean)
    noisy = (1 - sigma[:, None, None]) * clean + sigma[:, None, None] * noise
    text = prompts([caption(pool.scenes[index], rng) for index in indices], rng)
    output = velocity(model, noisy, sigma, text, (pool.size, pool.size), [])
    return F.mse_loss(output.float(), noise - clean)


def write(model: Flux2Transformer2DModel, path: Path) -> None:
    """Writes the adapter as float16 under diffusers' names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({f"transformer.{key}": value.half().contiguous()
               for key, value in get_peft_model_state_dict(model).items()}, path)


def main() -> None:
    """Renders a pool in the style, trains the adapter and writes it."""
    parser = stage_arguments(__doc__, steps=400)
    parser.add_argument("--style", choices=tuple(STYLES), required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--checkpoint", default="student.pt")
    parser.add_argument("--pool", type=int, default=800, help="styled scenes of 256 pixels")
    parser.add_argument("--large", type=int, default=48, help="styled scenes of 768 pixels")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=2e-3)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    ranks, run = Ranks(), arguments.folder
    rng = seeded(arguments.seed, ranks, 0)
    prompts, model = Prompts(run), load_transformer(run / arguments.checkpoint)
    pools = [StyledPool.rendered(run, arguments.style, size, count, rng, arguments.bfloat16)
             for size, count in ((256, arguments.pool), (768, arguments.large))]
    model.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=TARGETS))
    adapter = [p for p in model.parameters() if p.requires_grad]
    optimizers, means = Optimizers([], adapter, 0, arguments.rate), Means(0.95)
    journal = Journal(run, f"lora-{arguments.style}", 0, arguments.steps, ranks, 50)
    for step in range(arguments.steps):
        large = step % 5 == 4
        count = max(1, arguments.batch // 8) if large else arguments.batch
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bfloat16):
            loss = style_loss(model, prompts, pools[large], count, rng)
        loss.backward()
        optimizers.step(ranks, learning_rate_scale(step, arguments.steps, 10, 0.6))
        means.add(loss=loss.item())
        journal.advance()
        if journal.is_due(step + 1):
            journal.report(step + 1, **means.values)
    write(model, arguments.output)


if __name__ == "__main__":
    main()
