"""Trains the low-noise adapter: how schedules of more than four steps finish a picture.

    torchrun --nproc-per-node 2 -m iris_training.low_noise --folder RUN --mix scene-256x256:1

Four steps end at a noise level of 0.4, so what lies below belongs to longer schedules alone and can
have weights of its own, as in an ensemble of expert denoisers (Balaji et al., arXiv:2211.01324); a
low-rank change of the student is enough. The student takes three of four steps. From there the
adapted student goes on down the last levels of some schedule, and must lead to the scene itself, to
the draft's own clouds without their haze, and to what the draft shows where nothing is asked for.
Export puts the adapter beside the transformer.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import AutoencoderKLFlux2, Flux2Transformer2DModel
from peft import LoraConfig

from .batches import Batch, Mix, draw_batch
from .clouds import held_tokens, without_haze
from .latents import (TOKEN_PIXELS, Size, decode_tokens, encode_patches, finished_autoencoder,
                      image_of, tokens_of)
from .lora import TARGETS
from .loop import (Journal, Means, Optimizers, Ranks, Stage, learning_rate_scale, seeded,
                   stage_arguments)
from .sampling import SERVICE_SHIFT, SERVICE_STEPS, denoise, load_transformer, service_sigmas
from .scene import Scene
from .transformer import Prompts, token_weights, velocity

BOUNDARY = 0.38
"""The noise level below which the adapter is applied: between the last two of eight steps."""
RANK = 32
SCHEDULES = (5, 6, 8, 10, 12, 16, 20, 20, 20, 20, 30)  # steps of the schedules, drawn evenly
NOISED = 0.1  # share of batches that begin at the noised scene, as edits of a picture do
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


def decided_tokens(model: AutoencoderKLFlux2, tokens: torch.Tensor, scene: Scene, size: Size,
                   bfloat16: bool) -> torch.Tensor:
    """One picture's tokens, `[N, C]`, with every cloud there or not."""
    drawn = np.asarray(image_of(decode_tokens(model, tokens[None], *size)[0]))
    pixels = torch.from_numpy(without_haze(drawn, scene).transpose(2, 0, 1).copy()).float()[None]
    return tokens_of(model, encode_patches(model, pixels / 127.5 - 1, bfloat16))[0].float()


@torch.no_grad()
def draw_drafts(student: Flux2Transformer2DModel, model: AutoencoderKLFlux2, text: torch.Tensor,
                batch: Batch, bfloat16: bool) -> Drafts:
    """Takes three steps and looks once from there; bare clouds that are not decided count nothing,
    but in edits, whose references show them, they must stay."""
    sigmas = service_sigmas(SERVICE_STEPS, SERVICE_SHIFT)
    last, grid = sigmas[SERVICE_STEPS - 1], batch.grids[0]
    reached = denoise(student, torch.randn_like(batch.clean), text, None, batch.grids,
                      sigmas[:SERVICE_STEPS], 1.0, batch.references)
    flow = velocity(student, reached, torch.full((len(reached),), last), text, batch.grids,
                    batch.references).float()
    drawn, held = reached - last * flow, held_tokens(batch)
    target = torch.where(held[..., None], drawn, batch.clean)
    counts = torch.ones(held.shape)
    if not batch.references:
        counts[held] = 0.0
        size = (TOKEN_PIXELS * grid.columns, TOKEN_PIXELS * grid.rows)
        cloudy = [k for k in range(len(held)) if grid.kept is None and batch.prompts[k]
                  and held[k].any()]
        for k in cloudy[:DECIDED]:
            decided = decided_tokens(model, drawn[k], batch.scenes[k], size, bfloat16)
            target[k][held[k]] = decided[held[k]]
            counts[k][held[k]] = CLOUD_WEIGHT
    return Drafts(reached, flow, drawn, target, token_weights(batch) * counts)


def sample_levels(rng: random.Random) -> list[float]:
    """Some of one schedule's levels below the boundary, from the first; rather many."""
    steps = rng.choice(SCHEDULES)
    levels = [sigma for sigma in service_sigmas(steps, SERVICE_SHIFT) if 0 < sigma < BOUNDARY]
    return levels[:1 + max(rng.randrange(len(levels)) for _ in range(2))]


def main() -> None:
    """Trains the adapter, or goes on training it, and keeps `low_noise.pt`."""
    parser = stage_arguments(__doc__, steps=2400)
    parser.add_argument("--checkpoint", default="student.pt")
    parser.add_argument("--mix", default="scene-256x256:1")
    parser.add_argument("--kept", type=int, default=220, help="tokens kept of a large picture")
    parser.add_argument("--whole", type=float, default=0.6, help="share of batches kept whole")
    parser.add_argument("--budget", type=int, default=1500, help="tokens per rank and step")
    parser.add_argument("--rate", type=float, default=2e-3)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    ranks, run = Ranks(), arguments.folder
    torch.manual_seed(arguments.seed)  # ranks begin with one adapter
    prompts, autoencoder = Prompts(run), finished_autoencoder(run)
    student, model = (load_transformer(run / arguments.checkpoint) for _ in range(2))
    model.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=TARGETS))
    adapter = [p for p in model.parameters() if p.requires_grad]
    stage = Stage(run / "low_noise.pt", {"model": model},
                  Optimizers([], adapter, 0, arguments.rate), decay=0.99)
    stage.resume()
    rng = seeded(arguments.seed, ranks, stage.step)
    common = random.Random(f"{arguments.seed} of all from step {stage.step}")
    mix = Mix(run, arguments.mix, arguments.seed + stage.step)
    journal = Journal(run, "low_noise", stage.step, arguments.steps, ranks, arguments.save_every)
    last, means = service_sigmas(SERVICE_STEPS, SERVICE_SHIFT)[SERVICE_STEPS - 1], Means()
    while stage.step < arguments.steps:
        if stage.step % 100 == 0:
            mix.refresh()
        pool, kept = mix.draw(arguments.kept, arguments.whole)
        batch = draw_batch(pool, arguments.budget, rng, kept)
        levels, noised = sample_levels(common), common.random() < NOISED
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bfloat16):
            text = prompts(batch.prompts, rng)
            drafts = draw_drafts(student, autoencoder, text, batch, arguments.bfloat16)
            target, weights = drafts.target, drafts.weights
            if noised:
                target, weights = batch.clean, token_weights(batch)
                reached = (1 - levels[-1]) * target + levels[-1] * torch.randn_like(target)
            else:
                reached = drafts.reached + (levels[0] - last) * drafts.flow
                reached = denoise(model, reached, text, None, batch.grids, levels, 1.0,
                                  batch.references)
                torch.clear_autocast_cache()  # weights that were cast without gradients
            level = torch.full((len(reached),), levels[-1])
            flow = velocity(model, reached, level, text, batch.grids, batch.references).float()
        error = ((reached - levels[-1] * flow - target).square().mean(-1) * weights).mean()
        (error / levels[-1]).backward()
        stage.update(ranks, learning_rate_scale(stage.step, arguments.steps, 20, 0.4))
        before = ((drafts.drawn - target).square().mean(-1) * weights).mean()
        if not noised and before > 0:  # without captions an edit's drafts are their own targets
            means.add(**{f"{batch.name}, of four steps' error": (error / before).item()})
        journal.record(stage, **means.values)


if __name__ == "__main__":
    main()
