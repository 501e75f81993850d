"""Trains the low-noise adapter: how schedules of more than four steps finish an image.

    torchrun --nproc-per-node 2 -m iris_training.low_noise --folder RUN --mix scene-256x256:1

Four steps end at a noise level of 0.4, so what lies below belongs to longer schedules alone and can
have weights of its own, as in an ensemble of expert denoisers (Balaji et al., arXiv:2211.01324); a
low-rank change of the student is enough. The student takes three of four steps. From there the
adapted student goes on down the last levels of some schedule, and must lead to the scene itself, to
the draft's own clouds without their haze, and to what the draft shows where nothing is asked for.
Export puts the adapter beside the transformer.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .batches import Batch, Mix, mix_arguments
from .clouds import held_tokens, without_haze
from .latents import decoded_images, encode_tokens, finished_autoencoder
from .loop import Loop, Losses, Optimizers, Stage
from .lora import add_adapter, start_from_adapter
from .pixels import Size, pixels_of
from .run import Run, stage_arguments
from .sampling import SERVICE_SHIFT, SERVICE_STEPS, denoise, service_sigmas
from .scene import Scene
from .transformer import Prompts, load_transformer, token_weights, velocity

BOUNDARY = 0.38
"""The noise level below which the adapter is applied: between the last two of eight steps."""
SCHEDULES = (5, 6, 8, 10, 12, 16, 20, 20, 20, 20, 30)  # steps of the schedules, drawn evenly
NOISED = 0.1  # share of batches that begin at the noised scene, as edits of an image do
DECIDED = 2  # scenes of a whole batch whose clouds are decided; it takes a pass through pixels
CLOUD_WEIGHT = 4.0


@dataclass
class Drafts:
    """A batch as three of four steps leave it, each `[B, N, C]` but the last.

    Tokens at the last of four levels, the velocity there, where the fourth step would end, what
    should be there instead, and what each token of that counts for, `[B, N]`.
    """

    reached: torch.Tensor
    flow: torch.Tensor
    drawn: torch.Tensor
    target: torch.Tensor
    weights: torch.Tensor


def sample_levels(rng: random.Random) -> list[float]:
    """Some of one schedule's levels below the boundary, from the first; rather many."""
    steps = rng.choice(SCHEDULES)
    levels = [sigma for sigma in service_sigmas(steps, SERVICE_SHIFT) if 0 < sigma < BOUNDARY]
    return levels[:1 + max(rng.randrange(len(levels)) for _ in range(2))]


class Lesson:
    """The student, the same student with the adapter, and the autoencoder that shows clouds."""

    def __init__(self, run: Run, checkpoint: str, initial: Path | None) -> None:
        self._run, self._prompts = run, Prompts(run)
        self._autoencoder = finished_autoencoder(run)
        self._student, self.model = (load_transformer(run, run.path(checkpoint)) for _ in range(2))
        self.adapter = add_adapter(self.model, run.configuration.low_noise.rank)
        start_from_adapter(self.model, initial)

    @torch.no_grad()
    def drafts(self, text: torch.Tensor, batch: Batch) -> Drafts:
        """Takes three steps and looks once from there; bare clouds that are not decided count
        nothing, but in edits, whose references show them, they must stay."""
        sigmas = service_sigmas(SERVICE_STEPS, SERVICE_SHIFT)
        last = sigmas[SERVICE_STEPS - 1]
        reached = denoise(self._student, torch.randn_like(batch.clean), text, None, batch.grids,
                          sigmas[:SERVICE_STEPS], 1.0, batch.references)
        flow = velocity(self._student, reached, reached.new_full((len(reached),), last), text,
                        batch.grids, batch.references).float()
        drawn, held = reached - last * flow, held_tokens(batch)
        target = torch.where(held[..., None], drawn, batch.clean)
        counts = torch.ones(held.shape, device=held.device)
        if not batch.references:
            counts[held] = 0.0
            self._decide(batch, drawn, held, target, counts)
        return Drafts(reached, flow, drawn, target, token_weights(batch) * counts)

    def _decide(self, batch: Batch, drawn: torch.Tensor, held: torch.Tensor, target: torch.Tensor,
                counts: torch.Tensor) -> None:
        """Puts decided clouds into the targets of a whole batch's first cloudy scenes."""
        cloudy = [k for k in range(len(held)) if batch.grids[0].kept is None and batch.prompts[k]
                  and held[k].any()]
        for k in cloudy[:DECIDED]:
            decided = self._decided_tokens(drawn[k], batch.scenes[k], batch.size)
            target[k][held[k]] = decided[held[k]]
            counts[k][held[k]] = CLOUD_WEIGHT

    def _decided_tokens(self, tokens: torch.Tensor, scene: Scene, size: Size) -> torch.Tensor:
        """One image's tokens, `[N, C]`, with every cloud there or not."""
        image = np.asarray(decoded_images(self._autoencoder, tokens[None], size)[0])
        pixels = pixels_of([without_haze(image, scene)])
        return encode_tokens(self._run, self._autoencoder, pixels)[0].float()

    def losses(self, batch: Batch, loop: Loop) -> Losses:
        """Leads a batch down some of the levels, and compares where the last of them points."""
        levels, noised = sample_levels(loop.common), loop.common.random() < NOISED
        last = service_sigmas(SERVICE_STEPS, SERVICE_SHIFT)[SERVICE_STEPS - 1]
        with self._run.autocast():
            text = self._prompts(batch.prompts, loop.rng)
            drafts = self.drafts(text, batch)
            target, weights = drafts.target, drafts.weights
            if noised:
                target, weights = batch.clean, token_weights(batch)
                reached = (1 - levels[-1]) * target + levels[-1] * torch.randn_like(target)
            else:
                reached = drafts.reached + (levels[0] - last) * drafts.flow
                reached = denoise(self.model, reached, text, None, batch.grids, levels, 1.0,
                                  batch.references)
                torch.clear_autocast_cache()  # weights that were cast without gradients
            level = reached.new_full((len(reached),), levels[-1])
            flow = velocity(self.model, reached, level, text, batch.grids, batch.references).float()
        error = ((reached - levels[-1] * flow - target).square().mean(-1) * weights).mean()
        before = ((drafts.drawn - target).square().mean(-1) * weights).mean()
        comparable = not noised and before > 0  # an edit without a caption is its own target
        figures = {f"{batch.name}, of four steps' error": (error / before).item()}
        return error / levels[-1], figures if comparable else {}


def _parser() -> argparse.ArgumentParser:
    parser = stage_arguments(__doc__, steps=2400)
    mix_arguments(parser, kept=220, whole=0.6, budget=1500)
    parser.add_argument("--checkpoint", default="student.pt")
    parser.add_argument("--initial", type=Path,
                        help="an adapter of an earlier model to go on from, as it was exported")
    parser.add_argument("--rate", type=float, default=2e-3)
    return parser


def main(options: Sequence[str] | None = None) -> None:
    """Trains the adapter, or goes on training it, and keeps `low_noise.pt`."""
    arguments = _parser().parse_args(options)
    run = Run.of(arguments)
    torch.manual_seed(arguments.seed)  # ranks begin with one adapter
    lesson = Lesson(run, arguments.checkpoint, arguments.initial)
    optimizers = Optimizers([], lesson.adapter, 0, arguments.rate)
    loop = Loop(Stage(run, "low_noise", {"model": lesson.model}, optimizers, decay=0.99),
                arguments, warmup=20, decay=0.4)
    mix = Mix(run, arguments.mix, loop.seed)
    loop.train(lambda: lesson.losses(
        mix.batch(loop.rng, arguments.budget, arguments.kept, arguments.whole), loop))


if __name__ == "__main__":
    main()
