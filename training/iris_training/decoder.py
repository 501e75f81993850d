"""Teaches the decoder to finish what the distilled transformer draws; the latents stay as they are.

    python -m iris_training.decoder --folder RUN --mix scene-256x256:4,scene-512x512:1

A small transformer's tokens are never exact, and flat skies show their weave. Here the tokens of
known scenes are noised to the service's last levels, the student removes the noise in its last
steps, and the decoder learns to draw the scene from what is left. A share of the tokens stays
exact, so that a person's own image comes back as before.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from diffusers import AutoencoderKLFlux2, Flux2Transformer2DModel

from .autoencoder import optimizers_of, reconstruction_loss
from .batches import Batch, Mix
from .latents import latents_of, load_autoencoder
from .loop import Loop, Losses, Stage
from .pixels import pixels_of
from .run import Run, stage_arguments
from .sampling import SERVICE_SHIFT, SERVICE_STEPS, denoise, service_sigmas
from .scene import render
from .transformer import Prompts, load_transformer

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


def step_loss(run: Run, model: AutoencoderKLFlux2, tokens: torch.Tensor,
              batch: Batch) -> torch.Tensor:
    """The loss of one batch."""
    pixels = pixels_of([render(scene, *batch.size) for scene in batch.scenes]).to(run.device)
    with run.autocast():
        output = model.decode(latents_of(model, tokens, batch.size)).sample
    return reconstruction_loss(output.float(), pixels)


def main(options: Sequence[str] | None = None) -> None:
    """Trains, or goes on training, and keeps `decoder.pt`, which `export` puts in."""
    parser = stage_arguments(__doc__, steps=600)
    parser.add_argument("--mix", default="scene-256x256:4,scene-512x512:1")
    parser.add_argument("--budget", type=int, default=420, help="tokens per rank and step")
    parser.add_argument("--rate", type=float, default=3e-4, help="AdamW's; Muon's is twice that")
    arguments = parser.parse_args(options)
    run = Run.of(arguments)
    torch.manual_seed(arguments.seed)
    student, prompts = load_transformer(run, run.path("student.pt")), Prompts(run)
    model = load_autoencoder(run)
    model.decoder.requires_grad_(True)
    stage = Stage(run, "decoder", {"model": model}, optimizers_of(model.decoder, arguments.rate),
                  decay=0.99)
    loop = Loop(stage, arguments, warmup=20, decay=0.5, keep=0.95)
    mix = Mix(run, arguments.mix, loop.seed)

    def losses() -> Losses:
        batch = mix.batch(loop.rng, arguments.budget)
        with run.autocast():
            tokens = drawn_tokens(student, prompts, batch, loop.rng)
        loss = step_loss(run, model, tokens, batch)
        return loss, {"exact" if tokens is batch.clean else "drawn": loss.item()}

    loop.train(losses)


if __name__ == "__main__":
    main()
