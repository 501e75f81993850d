"""Distils guidance and the service's four steps into a student without guidance.

    torchrun --nproc-per-node 2 -m iris_training.distillation --folder RUN --mix scene-256x256:1

Each step of the service's schedule is a window. The teacher, guided, crosses a window in a few
Euler steps from noised data; the student learns the mean velocity of that crossing. Within a
window the velocity is then constant, so finer schedules stay sane. After Yan et al., "PeRFlow",
arXiv:2405.07510.
"""

from __future__ import annotations

import torch
from diffusers import Flux2Transformer2DModel

from .batches import Batch, Mix, draw_batch
from .loop import (Journal, Means, Optimizers, Ranks, Stage, learning_rate_scale, seeded,
                   stage_arguments)
from .sampling import SERVICE_SHIFT, load_transformer, service_sigmas
from .transformer import Prompts, build, split_matrices, token_weights, velocity

INTERIOR = 0.3  # share of starting points inside a window instead of at its edge


def sample_windows(count: int, steps: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Where each crossing starts and ends."""
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


def main() -> None:
    """Distils and keeps `distilled.pt`."""
    parser = stage_arguments(__doc__, steps=1200)
    parser.add_argument("--mix", default="scene-256x256:1")
    parser.add_argument("--kept", type=int, default=112, help="tokens kept of a large picture")
    parser.add_argument("--whole", type=float, default=0.5, help="share of batches kept whole")
    parser.add_argument("--budget", type=int, default=2400, help="tokens per rank and step")
    parser.add_argument("--guidance", type=float, default=2.0)
    parser.add_argument("--service-steps", type=int, default=4)
    parser.add_argument("--substeps", type=int, default=2)
    parser.add_argument("--rate", type=float, default=6e-4, help="Muon's; AdamW's is half of it")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    ranks, run = Ranks(), arguments.folder
    prompts, teacher, model = Prompts(run), load_transformer(run / "transformer.pt"), build()
    model.load_state_dict(teacher.state_dict())
    optimizers = Optimizers(*split_matrices(model), arguments.rate, 0.5 * arguments.rate)
    stage = Stage(run / "distilled.pt", {"model": model}, optimizers, decay=0.99)
    stage.resume()
    rng = seeded(arguments.seed, ranks, stage.step)
    mix = Mix(run, arguments.mix, arguments.seed + stage.step)
    journal = Journal(run, "distillation", stage.step, arguments.steps, ranks,
                      arguments.save_every)
    means = Means(0.97)
    while stage.step < arguments.steps:
        pool, kept = mix.draw(arguments.kept, arguments.whole)
        batch = draw_batch(pool, arguments.budget, rng, kept)
        begin, end = sample_windows(len(batch.clean), arguments.service_steps)
        level = begin[:, None, None]
        noisy = (1 - level) * batch.clean + level * torch.randn_like(batch.clean)
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bfloat16):
            text, empty = prompts(batch.prompts + [""] * len(batch.prompts), rng).chunk(2)
            target = cross(teacher, batch, noisy, (begin, end), (text, empty),
                           arguments.substeps, arguments.guidance)
            output = velocity(model, noisy, begin, text, batch.grids, batch.references)
            errors = (output.float() - target).square().mean(-1)
            loss = (errors * token_weights(batch)).mean()
        loss.backward()
        stage.update(ranks, learning_rate_scale(stage.step, arguments.steps, 20, 0.5))
        means.add(**{batch.name: loss.item()})
        journal.record(stage, **means.values)


if __name__ == "__main__":
    main()
