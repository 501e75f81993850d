"""Trains the autoencoder: 16x down, 32 latent channels, so that a token covers 32 x 32 pixels.

    torchrun --nproc-per-node 2 -m iris_training.autoencoder --folder RUN
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLFlux2
from PIL import Image

from .dataset import rendered
from .loop import (Journal, Means, Optimizers, Ranks, Stage, learning_rate_scale, seeded,
                   stage_arguments)
from .styles import STYLES

CONFIG = {
    "block_out_channels": (16, 32, 64, 96, 128),
    "decoder_block_out_channels": (16, 24, 48, 96, 128),
    "layers_per_block": 1,
    "latent_channels": 32,
    # One group: group norm over few channels would erase the flat colours of illustrations.
    "norm_num_groups": 1,
    "down_block_types": ("DownEncoderBlock2D",) * 5,
    "up_block_types": ("UpDecoderBlock2D",) * 5,
    "sample_size": 256,
}
KL_WEIGHT = 1e-4
GRADIENT_WEIGHT = 0.5
STYLED = 0.15  # share of crops in a LoRA's style, which the latents must be able to hold
HELD_OUT = 48  # scenes at the end of each array, never trained on


def build() -> AutoencoderKLFlux2:
    """A fresh autoencoder."""
    return AutoencoderKLFlux2(**CONFIG)


class Crops:
    """Random crops: most of 128 pixels, some whole pictures, some close-ups from 768."""

    def __init__(self, run: Path, seed: int) -> None:
        self._arrays = {size: rendered(run, size) for size in (256, 768)}
        self._rng = np.random.default_rng(seed)

    def _crop(self, size: int, side: int) -> np.ndarray:
        array = self._arrays[size]
        index = self._rng.integers(0, len(array) - HELD_OUT)
        y, x = self._rng.integers(0, size - side + 1, 2)
        crop = np.asarray(array[index, y:y + side, x:x + side])
        if self._rng.random() < STYLED:
            style = list(STYLES.values())[self._rng.integers(len(STYLES))]
            crop = np.asarray(style(Image.fromarray(crop)))
        return crop[:, ::-1] if self._rng.random() < 0.5 else crop

    def batch(self, pixels: int) -> torch.Tensor:
        """A batch of about `pixels` pixels, `[B, 3, side, side]` in [-1, 1]."""
        size, side = self._kind()
        crops = [self._crop(size, side) for _ in range(max(1, pixels // side ** 2))]
        stacked = np.ascontiguousarray(np.stack(crops).transpose(0, 3, 1, 2))
        return torch.from_numpy(stacked).float() / 127.5 - 1

    def _kind(self) -> tuple[int, int]:
        draw = self._rng.random()
        if draw < 0.45:
            return 256, 128
        if draw < 0.75:
            return 256, 256
        return 768, 128 if draw < 0.9 else 256


def reconstruction_loss(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Absolute, squared and edge differences."""
    difference = output - target
    edges = difference.diff(dim=-1).abs().mean() + difference.diff(dim=-2).abs().mean()
    return difference.abs().mean() + difference.square().mean() + GRADIENT_WEIGHT * edges


def psnr(output: torch.Tensor, target: torch.Tensor) -> float:
    """Mean over pictures of the peak signal-to-noise ratio in dB."""
    error = ((output.clamp(-1, 1) - target) / 2).square().mean((1, 2, 3))
    return float((-10 * error.log10()).mean())


def held_out(run: Path, size: int, count: int) -> torch.Tensor:
    """Pictures no stage trains on, `[count, 3, size, size]`."""
    pixels = np.stack(rendered(run, size)[-count:])
    return torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy()).float() / 127.5 - 1


@torch.no_grad()
def reconstruct(model: AutoencoderKLFlux2, pictures: torch.Tensor) -> torch.Tensor:
    """Encodes to the mean and decodes, a picture at a time."""
    each = [model.decode(model.encode(one[None]).latent_dist.mean).sample for one in pictures]
    return torch.cat(each)


def save_sheet(path: Path, rows: list[torch.Tensor]) -> None:
    """Writes rows of pictures in [-1, 1] as one PNG."""
    sheet = torch.cat([torch.cat(list(row), 2) for row in rows], 1)
    pixels = ((sheet.permute(1, 2, 0) + 1) * 127.5).clamp(0, 255).byte().numpy()
    Image.fromarray(pixels).save(path)


def train_step(model: AutoencoderKLFlux2, pictures: torch.Tensor,
               bfloat16: bool) -> torch.Tensor:
    """The loss of one batch."""
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        posterior = model.encode(pictures).latent_dist
        output = model.decode(posterior.sample()).sample
    mean, log_variance = posterior.mean.float(), posterior.logvar.float()
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
    return reconstruction_loss(output.float(), pictures) + KL_WEIGHT * divergence


def optimizers_of(module: torch.nn.Module, rate: float) -> Optimizers:
    """Muon for kernels and matrices, AdamW at half its rate for the rest."""
    trained = list(module.parameters())
    return Optimizers([p for p in trained if p.ndim >= 2],
                      [p for p in trained if p.ndim < 2], 2 * rate, rate)


def report(stage: Stage, journal: Journal, means: Means, pictures: torch.Tensor) -> None:
    """Judges the average on held-out pictures, writes a sheet and the checkpoint."""
    judged = build()
    judged.load_state_dict(stage.average.values)
    output = reconstruct(judged.eval(), pictures)
    journal.report(stage.step, psnr256=psnr(output, pictures), **means.values)
    save_sheet(stage.path.with_suffix(".png"), [pictures[:6], output[:6]])
    stage.save()


def main() -> None:
    """Trains, or goes on training, and keeps `autoencoder.pt`."""
    parser = stage_arguments(__doc__, steps=5000)
    parser.add_argument("--pixels", type=int, default=8 * 128 ** 2, help="per rank and step")
    parser.add_argument("--rate", type=float, default=1e-3, help="AdamW's; Muon's is twice that")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    ranks, run = Ranks(), arguments.folder
    model = build()
    stage = Stage(run / "autoencoder.pt", {"model": model},
                  optimizers_of(model, arguments.rate), decay=0.995)
    stage.resume()
    crops = Crops(run, seeded(arguments.seed, ranks, stage.step).randrange(1 << 30))
    journal = Journal(run, stage.path.stem, stage.step, arguments.steps, ranks,
                      arguments.save_every)
    means, pictures = Means(), held_out(run, 256, 12)
    while stage.step < arguments.steps:
        loss = train_step(model, crops.batch(arguments.pixels), arguments.bfloat16)
        loss.backward()
        stage.update(ranks, learning_rate_scale(stage.step, arguments.steps))
        means.add(loss=loss.item())
        journal.advance()
        if journal.is_due(stage.step):
            report(stage, journal, means, pictures)


if __name__ == "__main__":
    main()
