"""Trains the autoencoder: 16x down, so that a token of 2 x 2 latents covers 32 x 32 pixels.

    torchrun --nproc-per-node 2 -m iris_training.autoencoder --folder RUN
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from diffusers import AutoencoderKLFlux2
from PIL import Image
from torch import nn

from .dataset import rendered
from .loop import Loop, Losses, Optimizers, Stage
from .pixels import image_of, pixels_of, save_sheet
from .run import Run, stage_arguments
from .styles import STYLES

# Group norm over few channels would erase the flat colours of illustrations.
NORM_GROUPS = 1
KL_WEIGHT = 1e-4
GRADIENT_WEIGHT = 0.5
STYLED = 0.15  # share of crops in a LoRA's style, which the latents must be able to hold
HELD_OUT = 48  # scenes at the end of each array, never trained on
JUDGED, SHOWN = 12, 6  # of them, that a report is worked out on and shows


def build(run: Run) -> AutoencoderKLFlux2:
    """A fresh autoencoder."""
    sizes = run.configuration.autoencoder
    blocks = len(sizes.block_out_channels)
    return AutoencoderKLFlux2(
        block_out_channels=sizes.block_out_channels,
        decoder_block_out_channels=sizes.decoder_block_out_channels,
        layers_per_block=sizes.layers_per_block, latent_channels=sizes.latent_channels,
        norm_num_groups=NORM_GROUPS, down_block_types=("DownEncoderBlock2D",) * blocks,
        up_block_types=("UpDecoderBlock2D",) * blocks, sample_size=256).to(run.device)


class Crops:
    """Random crops: most of 128 pixels, some whole images, some close-ups from 768."""

    def __init__(self, run: Run, seed: int) -> None:
        self._arrays = {size: rendered(run.folder, size) for size in (256, 768)}
        self._rng = np.random.default_rng(seed)

    def batch(self, pixels: int) -> torch.Tensor:
        """A batch of about `pixels` pixels, `[B, 3, side, side]` in [-1, 1]."""
        size, side = self._kind()
        return pixels_of([self._crop(size, side) for _ in range(max(1, pixels // side ** 2))])

    def _crop(self, size: int, side: int) -> np.ndarray:
        array = self._arrays[size]
        index = self._rng.integers(0, len(array) - HELD_OUT)
        y, x = self._rng.integers(0, size - side + 1, 2)
        crop = np.asarray(array[index, y:y + side, x:x + side])
        if self._rng.random() < STYLED:
            style = list(STYLES.values())[self._rng.integers(len(STYLES))]
            crop = np.asarray(style(Image.fromarray(crop)))
        return crop[:, ::-1] if self._rng.random() < 0.5 else crop

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


def mean_psnr(output: torch.Tensor, target: torch.Tensor) -> float:
    """Mean over images in [-1, 1] of the peak signal-to-noise ratio in dB."""
    error = ((output.clamp(-1, 1) - target) / 2).square().mean((1, 2, 3))
    return float((-10 * error.log10()).mean())


@torch.no_grad()
def reconstruct(model: AutoencoderKLFlux2, pixels: torch.Tensor) -> torch.Tensor:
    """Encodes to the mean and decodes, an image at a time."""
    each = [model.decode(model.encode(one[None]).latent_dist.mean).sample for one in pixels]
    return torch.cat(each)


def step_loss(run: Run, model: AutoencoderKLFlux2, pixels: torch.Tensor) -> torch.Tensor:
    """The loss of one batch."""
    with run.autocast():
        posterior = model.encode(pixels).latent_dist
        output = model.decode(posterior.sample()).sample
    mean, log_variance = posterior.mean.float(), posterior.logvar.float()
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
    return reconstruction_loss(output.float(), pixels) + KL_WEIGHT * divergence


def optimizers_of(module: nn.Module, rate: float) -> Optimizers:
    """Muon for kernels and matrices, AdamW at half its rate for the rest."""
    trained = list(module.parameters())
    return Optimizers([p for p in trained if p.ndim >= 2],
                      [p for p in trained if p.ndim < 2], 2 * rate, rate)


def judge_average(stage: Stage, pixels: torch.Tensor) -> dict[str, float]:
    """Shows the average's reconstructions of held-out images on a sheet, and returns their PSNR."""
    judged = build(stage.run)
    judged.load_state_dict(stage.averages["model"].values)
    output = reconstruct(judged.eval(), pixels)
    shown = [image_of(one) for row in (pixels, output) for one in row[:SHOWN]]
    save_sheet(stage.path.with_suffix(".png"), shown, SHOWN)
    return {"psnr256": mean_psnr(output, pixels)}


def main(options: Sequence[str] | None = None) -> None:
    """Trains, or goes on training, and keeps `autoencoder.pt`."""
    parser = stage_arguments(__doc__, steps=5000)
    parser.add_argument("--pixels", type=int, default=8 * 128 ** 2, help="per rank and step")
    parser.add_argument("--rate", type=float, default=1e-3, help="AdamW's; Muon's is twice that")
    arguments = parser.parse_args(options)
    run = Run.of(arguments)
    torch.manual_seed(arguments.seed)
    model = build(run)
    stage = Stage(run, "autoencoder", {"model": model}, optimizers_of(model, arguments.rate), 0.995)
    loop = Loop(stage, arguments)
    crops = Crops(run, loop.rng.randrange(1 << 30))
    held_out = pixels_of(list(rendered(run.folder, 256)[-JUDGED:])).to(run.device)

    def losses() -> Losses:
        loss = step_loss(run, model, crops.batch(arguments.pixels).to(run.device))
        return loss, {"loss": loss.item()}

    loop.train(losses, lambda: judge_average(stage, held_out))


if __name__ == "__main__":
    main()
