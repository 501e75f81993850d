"""Teaches the decoder to finish what the distilled transformer draws; the latents stay as they are.

    python -m iris_training.decoder --folder RUN --mix scene-256x256:4,scene-512x512:1

A small transformer's tokens are never exact, and flat skies show their weave. Here the tokens of
known scenes are noised to the service's last levels, the student removes the noise in its last
steps, and the decoder learns to draw the scene from what is left. A share of the tokens stays
exact, so that a person's own picture comes back as before.
"""

from __future__ import annotations

import random

import torch
from diffusers import AutoencoderKLFlux2, Flux2Transformer2DModel

from .autoencoder import optimizers_of, reconstruction_loss
from .batches import Batch, Mix, draw_batch
from .latents import TOKEN_PIXELS, latents_of, load_autoencoder, pixels_of
from .loop import (Journal, Means, Ranks, Stage, learning_rate_scale, seeded, stage_arguments)
from .sampling import SERVICE_SHIFT, SERVICE_STEPS, denoise, load_transformer, service_sigmas
from .transformer import Prompts

EXACT = 0.3  # share of batches whose tokens are the encoder's own
LAST_STEPS = (1, 1, 1, 2)  # of the service's four that the student takes, drawn evenly


@torch.no_grad()
def drawn_tokens(student: Flux2Transformer2DModel, prompts: Prompts, batch: Batch,
                 rng: random.Random) -> torch.Tensor:
    """The batch's tokens as the student leaves them after its last steps."""
    if rng.random() < EXACT:
        return batch.clean
    sigmas = service_sigmas(SERVICE_STEPS, SERVICE_SHIFT)[-1 - rng.choice(LAST_STEPS):]
    noisy = (1 - sigmas[0]) * batch.clean + sigmas[0] * torch.randn_like(batch.clean)
    return denoise(student, noisy, prompts(batch.prompts), None, batch.grids, sigmas)


def train_step(model: AutoencoderKLFlux2, tokens: torch.Tensor, batch: Batch,
               bfloat16: bool) -> torch.Tensor:
    """The loss of one batch."""
    grid = batch.grids[0]
    size = (TOKEN_PIXELS * grid.columns, TOKEN_PIXELS * grid.rows)
    pictures = pixels_of(batch.scenes, *size)
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        output = model.decode(latents_of(model, tokens, *size)).sample
    return reconstruction_loss(output.float(), pictures)


def main() -> None:
    """Trains, or goes on training, and keeps `decoder.pt`, which `export` puts in."""
    parser = stage_arguments(__doc__, steps=600)
    parser.add_argument("--mix", default="scene-256x256:4,scene-512x512:1")
    parser.add_argument("--budget", type=int, default=420, help="tokens per rank and step")
    parser.add_argument("--rate", type=float, default=3e-4, help="AdamW's; Muon's is twice that")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    ranks, run = Ranks(), arguments.folder
    student, prompts = load_transformer(run / "student.pt"), Prompts(run)
    model = load_autoencoder(run)
    model.decoder.requires_grad_(True)
    stage = Stage(run / "decoder.pt", {"model": model},
                  optimizers_of(model.decoder, arguments.rate), decay=0.99)
    stage.resume()
    rng = seeded(arguments.seed, ranks, stage.step)
    mix = Mix(run, arguments.mix, arguments.seed + stage.step)
    journal = Journal(run, "decoder", stage.step, arguments.steps, ranks, arguments.save_every)
    means = Means(0.95)
    while stage.step < arguments.steps:
        batch = draw_batch(mix.draw(kept=0, whole=1)[0], arguments.budget, rng)
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bfloat16):
            tokens = drawn_tokens(student, prompts, batch, rng)
        exact = tokens is batch.clean
        loss = train_step(model, tokens, batch, arguments.bfloat16)
        loss.backward()
        stage.update(ranks, learning_rate_scale(stage.step, arguments.steps, 20, 0.5))
        means.add(**{"exact" if exact else "drawn": loss.item()})
        journal.record(stage, **means.values)


if __name__ == "__main__":
    main()
