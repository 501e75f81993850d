"""Teaches the distilled student on its own path: every step must lead to the scene itself.

    torchrun --nproc-per-node 2 -m iris_training.refinement --folder RUN --mix scene-256x256:1

The student takes the steps of one of the service's schedules from noise, and from where that has
led it must point at the clean tokens. What earlier steps drew is in front of it then, and can be
mended. Clouds are what captions leave open: where they are bare, and without a caption, the student
goes on doing what it did. After Ross et al., "A Reduction of Imitation Learning and Structured
Prediction to No-Regret Online Learning", arXiv:1011.0686.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import torch
from diffusers import Flux2Transformer2DModel
from torch import nn

from .batches import Batch, Mix, mix_arguments
from .checkpoints import required, save, start_from
from .clouds import held_tokens
from .loop import Loop, Losses, Optimizers, Stage
from .run import Run, stage_arguments
from .sampling import SERVICE_SHIFT, denoise, service_sigmas
from .text_encoder import split_parameters
from .transformer import (READER_WEIGHTS, Prompts, Readers, build, load_transformer,
                          split_matrices, token_weights, velocity)

SCHEDULES = (4,) * 7 + (8, 20)  # steps of the schedules, drawn evenly; 20 cost five times 4
LEAST_WEIGHT = 0.05  # of a step's squared velocity error; else the last of many steps learn little
STARTED = 0.2  # share of batches that begin at a later step, from the noised scene
READERS_ALONE = 150  # steps of the first start: new readers would only disturb the model
EARLY_EDITS = 0.75  # share of the batches with references that are taught at an early step
DRAWN = 0.7  # mean distance of a token from what belongs there, beyond which something else is drawn
UNTAUGHT = "text_encoder-untaught.pt"  # the text encoder before, where it is taught too
CHANGED, CHANGE_WEIGHT = 0.15, 2.0  # mean difference of a token that an edit changes; its weight
EDITS_STARTED = 0.6  # the same of edits of one image, most of them from the noised image, as the
FROM_SOURCE = 0.8  # program's do at a strength below 1: the target's own noise would give it away


def sample_stretch(rng: random.Random, edit: bool,
                   references: bool) -> tuple[list[float], int, int]:
    """A schedule's noise levels, where to begin, and the step to be taught: rather a late one, but
    with references an early one, which decides what goes and what stays."""
    steps = rng.choice(SCHEDULES)
    begin = 0
    if edit and rng.random() < EDITS_STARTED:
        begin = steps // 4 if rng.random() < 0.7 else rng.randrange(steps)
    elif not edit and rng.random() < STARTED:
        begin = rng.randrange(steps)
    drawn = [rng.randrange(begin, steps) for _ in range(2)]
    taught = min(drawn) if references and rng.random() < EARLY_EDITS else max(drawn)
    return service_sigmas(steps, SERVICE_SHIFT), begin, taught


class Lesson:
    """The student, what it was before, and the readers that help it."""

    def __init__(self, run: Run, initial: Path, taught: bool) -> None:
        self._run, self.model = run, build(run)
        self._prompts = Prompts(run, taught)
        self._former_prompts = Prompts(run, encoder=UNTAUGHT) if taught else self._prompts
        self.encoder = self._prompts.encoder if taught else None
        self._alone = 0 if run.path("student.pt").exists() else READERS_ALONE
        self._before = load_transformer(run, initial)
        self.model.load_state_dict(self._before.state_dict())
        self.readers = Readers(run, self.model)
        if run.path("transformer.pt").exists():
            start_from(run.path("transformer.pt"), {"readers": self.readers})

    def modules(self) -> dict[str, nn.Module]:
        """What learns."""
        taught = {"encoder": self.encoder} if self.encoder else {}
        return {"model": self.model, "readers": self.readers, **taught}

    def optimizers(self, rate: float, encoder_rate: float) -> Optimizers:
        """Muon at this rate, AdamW at half of it; both at another for the text encoder."""
        matrices, others = split_matrices(self.model)
        optimizers = Optimizers(matrices, [*others, *self.readers.parameters()], rate, 0.5 * rate)
        if self.encoder:
            optimizers.add(*split_parameters(self.encoder), encoder_rate, encoder_rate)
        return optimizers

    def losses(self, batch: Batch, loop: Loop) -> Losses:
        """Leads a batch along a stretch of a schedule, and teaches the step at its end."""
        self._alone -= 1
        edit = len(batch.references) == 1 and batch.references[0].shape == batch.clean.shape
        sigmas, begin, taught = sample_stretch(loop.common, edit, bool(batch.references))
        noise, begun = torch.randn_like(batch.clean), batch.clean
        if edit and loop.common.random() < FROM_SOURCE:
            begun = batch.references[0]
        noisy = (1 - sigmas[begin]) * begun + sigmas[begin] * noise
        with self._run.autocast():
            text = self._prompts(batch.prompts, loop.rng)
            reached = denoise(self.model, noisy, text.detach(), None, batch.grids,
                              sigmas[begin:taught + 1], 1.0, batch.references)
            with torch.no_grad():
                spoken = self._former_prompts(batch.prompts, loop.rng) if self.encoder else text
                former = self._velocity(self._before, reached, sigmas[taught], spoken, batch)
            torch.clear_autocast_cache()  # weights that were cast without gradients
            output = self._velocity(self.model, reached, sigmas[taught], text, batch)
            read = self.readers.losses(batch, text.shape[1], self._alone > 0)
        held = held_tokens(batch)
        target = torch.where(held[..., None], former, (reached - batch.clean) / sigmas[taught])
        errors = (output - target).square().mean(-1) * max(sigmas[taught] ** 2, LEAST_WEIGHT)
        drawn = sigmas[taught] * (output - target).detach().abs().mean(-1) > DRAWN
        loss = (errors * self._weights(batch, edit, drawn & ~held)).mean()
        total = loss + sum(READER_WEIGHTS[name] * value for name, value in read.items())
        return total, {batch.name: loss.item(), f"of {len(sigmas) - 1}": loss.item(),
                       **{name: value.item() for name, value in read.items()}}

    @staticmethod
    def _weights(batch: Batch, edit: bool, drawn: torch.Tensor) -> torch.Tensor:
        """Weights of the tokens, `[B, N]`: an edit's count more where it changes them, and those that show
        something where nothing belongs count as an object's, so that two cost what none costs."""
        weights = token_weights(batch)
        weights = torch.where(drawn, weights.max(), weights)
        if edit:
            change = (batch.clean - batch.references[0]).abs().mean(-1)
            weights = torch.where(change > CHANGED, CHANGE_WEIGHT * weights, weights)
        return weights / weights.mean()

    @staticmethod
    def _velocity(model: Flux2Transformer2DModel, tokens: torch.Tensor, sigma: float,
                  text: torch.Tensor, batch: Batch) -> torch.Tensor:
        level = tokens.new_full((len(tokens),), sigma)
        return velocity(model, tokens, level, text, batch.grids, batch.references).float()


def _parser() -> argparse.ArgumentParser:
    parser = stage_arguments(__doc__, steps=1500)
    mix_arguments(parser, kept=200, whole=0.5, budget=2400)
    parser.add_argument("--initial", type=Path, help="distilled.pt of the run if unsaid")
    parser.add_argument("--rate", type=float, default=2e-3, help="Muon's; AdamW's is half of it")
    parser.add_argument("--teach-encoder", type=float, metavar="RATE",
                        help="teach the text encoder too, at this rate; at the end it replaces text_encoder.pt")
    return parser


def main(options: Sequence[str] | None = None) -> None:
    """Refines, or goes on refining, and keeps `student.pt`."""
    arguments = _parser().parse_args(options)
    run = Run.of(arguments)
    torch.manual_seed(arguments.seed)
    taught = arguments.teach_encoder or 0.0
    if taught and run.ranks.is_first and not run.path(UNTAUGHT).exists():
        save(run.path(UNTAUGHT), required(run.path("text_encoder.pt")))
    run.ranks.meet()
    lesson = Lesson(run, arguments.initial or run.path("distilled.pt"), taught > 0)
    stage = Stage(run, "student", lesson.modules(), lesson.optimizers(arguments.rate, taught),
                  decay=0.99)
    loop = Loop(stage, arguments, "refinement", warmup=40, decay=0.5)
    mix = Mix(run, arguments.mix, loop.seed)
    loop.train(lambda: lesson.losses(
        mix.batch(loop.rng, arguments.budget, arguments.kept, arguments.whole), loop))
    if lesson.encoder and run.ranks.is_first:
        save(run.path("text_encoder.pt"), {"model": stage.averages["encoder"].values})


if __name__ == "__main__":
    main()
