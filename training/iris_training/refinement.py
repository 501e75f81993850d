"""Teaches the distilled student on its own path: every step must lead to the scene itself.

    torchrun --nproc-per-node 2 -m iris_training.refinement --folder RUN --mix scene-256x256:1

The student takes the steps of one of the service's schedules from noise, and from where that has
led it must point at the clean tokens. What earlier steps drew is in front of it then, and can be
mended. Clouds are what captions leave open: where they are bare, and without a caption, the student
goes on doing what it did. After Ross et al., "A Reduction of Imitation Learning and Structured
Prediction to No-Regret Online Learning", arXiv:1011.0686.
"""

from __future__ import annotations

import random
from pathlib import Path

import torch

from .batches import Mix, draw_batch
from .clouds import held_tokens
from .loop import (Journal, Means, Optimizers, Ranks, Stage, learning_rate_scale, seeded,
                   stage_arguments, start_from)
from .sampling import SERVICE_SHIFT, denoise, load_transformer, service_sigmas
from .transformer import (READER_WEIGHTS, Prompts, Readers, build, split_matrices, token_weights,
                          velocity)

SCHEDULES = (4, 4, 4, 20, 20, 8)  # steps of the schedules, drawn evenly
LEAST_WEIGHT = 0.05  # of a step's squared velocity error; else the last of many steps learn little
STARTED = 0.2  # share of batches that begin at a later step, from the noised scene, as edits do


def sample_stretch(rng: random.Random) -> tuple[list[float], int, int]:
    """A schedule's noise levels, where to begin, and the step to be taught: rather a late one."""
    steps = rng.choice(SCHEDULES)
    begin = rng.randrange(steps) if rng.random() < STARTED else 0
    taught = max(rng.randrange(begin, steps) for _ in range(2))
    return service_sigmas(steps, SERVICE_SHIFT), begin, taught


def main() -> None:
    """Refines, or goes on refining, and keeps `student.pt`."""
    parser = stage_arguments(__doc__, steps=1500)
    parser.add_argument("--initial", type=Path, help="distilled.pt of the run if unsaid")
    parser.add_argument("--mix", default="scene-256x256:1")
    parser.add_argument("--kept", type=int, default=200, help="tokens kept of a large picture")
    parser.add_argument("--whole", type=float, default=0.5, help="share of batches kept whole")
    parser.add_argument("--budget", type=int, default=2400, help="tokens per rank and step")
    parser.add_argument("--rate", type=float, default=2e-3, help="Muon's; AdamW's is half of it")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    ranks, run = Ranks(), arguments.folder
    prompts, model = Prompts(run), build()
    before = load_transformer(arguments.initial or run / "distilled.pt")
    model.load_state_dict(before.state_dict())
    readers = Readers(model)
    if (run / "transformer.pt").exists():
        start_from(run / "transformer.pt", {"readers": readers})
    matrices, others = split_matrices(model)
    optimizers = Optimizers(matrices, [*others, *readers.parameters()], arguments.rate,
                            0.5 * arguments.rate)
    stage = Stage(run / "student.pt", {"model": model, "readers": readers}, optimizers, 0.99)
    stage.resume()
    rng = seeded(arguments.seed, ranks, stage.step)
    common = random.Random(f"{arguments.seed} of all from step {stage.step}")
    mix = Mix(run, arguments.mix, arguments.seed + stage.step)
    journal = Journal(run, "refinement", stage.step, arguments.steps, ranks, arguments.save_every)
    means = Means()
    while stage.step < arguments.steps:
        if stage.step % 100 == 0:
            mix.refresh()
        pool, kept = mix.draw(arguments.kept, arguments.whole)
        batch = draw_batch(pool, arguments.budget, rng, kept)
        sigmas, begin, taught = sample_stretch(common)
        level = torch.full((len(batch.clean),), sigmas[taught])
        noise = torch.randn_like(batch.clean)
        noisy = (1 - sigmas[begin]) * batch.clean + sigmas[begin] * noise
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bfloat16):
            text = prompts(batch.prompts, rng)
            path = (text, None, batch.grids, sigmas[begin:taught + 1], 1.0, batch.references)
            reached = denoise(model, noisy, *path)
            torch.clear_autocast_cache()  # weights that were cast without gradients
            step = (level, text, batch.grids, batch.references)
            with torch.no_grad():
                former = velocity(before, reached, *step).float()
            output = velocity(model, reached, *step).float()
            read = readers.losses(batch, text.shape[1])
        target = torch.where(held_tokens(batch)[..., None], former,
                             (reached - batch.clean) / sigmas[taught])
        errors = (output - target).square().mean(-1) * max(sigmas[taught] ** 2, LEAST_WEIGHT)
        loss = (errors * token_weights(batch)).mean()
        (loss + sum(READER_WEIGHTS[name] * value for name, value in read.items())).backward()
        stage.update(ranks, learning_rate_scale(stage.step, arguments.steps, 40, 0.5))
        means.add(**{batch.name: loss.item(), f"of {len(sigmas) - 1}": loss.item()},
                  **{name: value.item() for name, value in read.items()})
        journal.record(stage, **means.values)


if __name__ == "__main__":
    main()
