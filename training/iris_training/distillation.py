"""Distils guidance and the service's four steps into a student without guidance.

    torchrun --nproc-per-node 2 -m iris_training.distillation --folder RUN --mix scene-256x256:1

Each step of the service's schedule is a window. The teacher, guided, crosses a window in a few
Euler steps from noised data; the student learns the mean velocity of that crossing. Within a
window the velocity is then constant, so finer schedules stay sane. After Yan et al., "PeRFlow",
arXiv:2405.07510.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import torch
from diffusers import Flux2Transformer2DModel

from .batches import Batch, Mix, mix_arguments
from .loop import Loop, Losses, Optimizers, Stage
from .run import Run, stage_arguments
from .sampling import SERVICE_SHIFT, service_sigmas
from .transformer import Prompts, build, load_transformer, split_matrices, token_weights, velocity

INTERIOR = 0.3  # share of starting points inside a window instead of at its edge


def sample_windows(count: int, steps: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The noise levels at which each crossing starts and ends."""
    sigmas = torch.tensor(service_sigmas(steps, SERVICE_SHIFT))
    index = torch.randint(0, steps, (count,))
    start, end = sigmas[index], sigmas[index + 1]
    inside = end + (start - end) * (0.1 + 0.9 * torch.rand(count))
    return torch.where(torch.rand(count) < INTERIOR, inside, start), end


@torch.no_grad()
def cross(teacher: Flux2Transformer2DModel, batch: Batch, noisy: torch.Tensor,
          windows: tuple[torch.Tensor, torch.Tensor], texts: tuple[torch.Tensor, torch.Tensor],
          substeps: int, guidance: float) -> torch.Tensor:
    """The guided teacher's mean velocity over each window."""
    start, end = windows
    both = torch.cat(texts)
    references = [torch.cat([tokens, tokens]) for tokens in batch.references]
    moved, stride = noisy, (end - start) / substeps
    for k in range(substeps):
        level = start + stride * k
        flow = velocity(teacher, torch.cat([moved, moved]), torch.cat([level, level]), both,
                        batch.grids, references).float()
        given, plain = flow.chunk(2)
        moved = moved + stride[:, None, None] * (plain + guidance * (given - plain))
    return (moved - noisy) / (end - start)[:, None, None]


def _parser() -> argparse.ArgumentParser:
    parser = stage_arguments(__doc__, steps=1200)
    mix_arguments(parser, kept=112, whole=0.5, budget=2400)
    parser.add_argument("--guidance", type=float, default=2.0)
    parser.add_argument("--service-steps", type=int, default=4)
    parser.add_argument("--substeps", type=int, default=2)
    parser.add_argument("--rate", type=float, default=6e-4, help="Muon's; AdamW's is half of it")
    return parser


def main(options: Sequence[str] | None = None) -> None:
    """Distils and keeps `distilled.pt`."""
    run = Run.of(arguments := _parser().parse_args(options))
    prompts, model = Prompts(run), build(run)
    teacher = load_transformer(run, run.path("transformer.pt"))
    model.load_state_dict(teacher.state_dict())
    optimizers = Optimizers(*split_matrices(model), arguments.rate, 0.5 * arguments.rate)
    loop = Loop(Stage(run, "distilled", {"model": model}, optimizers, decay=0.99), arguments,
                "distillation", warmup=20, decay=0.5, keep=0.97)
    mix = Mix(run, arguments.mix, loop.seed)

    def losses() -> Losses:
        batch = mix.batch(loop.rng, arguments.budget, arguments.kept, arguments.whole)
        windows = sample_windows(len(batch.clean), arguments.service_steps)
        begin, end = (edge.to(run.device) for edge in windows)
        level = begin[:, None, None]
        noisy = (1 - level) * batch.clean + level * torch.randn_like(batch.clean)
        with run.autocast():
            text, empty = prompts(batch.prompts + [""] * len(batch.prompts), loop.rng).chunk(2)
            target = cross(teacher, batch, noisy, (begin, end), (text, empty),
                           arguments.substeps, arguments.guidance)
            output = velocity(model, noisy, begin, text, batch.grids, batch.references)
            errors = (output.float() - target).square().mean(-1)
            loss = (errors * token_weights(batch)).mean()
        return loss, {batch.name: loss.item()}

    loop.train(losses)


if __name__ == "__main__":
    main()
