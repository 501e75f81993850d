"""Trains a LoRA style on the distilled transformer and writes it in PEFT's format.

    python -m iris_training.lora --folder RUN --style dark --output ../loras/dark.safetensors

Targets are the model's own pictures, moved towards the same pictures passed through the style by as
much as the adapter's strength of the step says; each stays paired with its noise. So the adapter is
trained as it is used: at every strength, not at one.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKLFlux2, Flux2Transformer2DModel
from peft import LoraConfig, get_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from safetensors.torch import save_file
from tqdm import tqdm

from .batches import Grid
from .captions import caption
from .distillation import sample_windows
from .latents import (Size, decode_tokens, encode_patches, finished_autoencoder, image_of,
                      tokens_of)
from .loop import (Journal, Means, Optimizers, Ranks, Stage, learning_rate_scale, seeded,
                   stage_arguments, wait_out_pause)
from .sampling import (SERVICE_SHIFT, SERVICE_STEPS, denoise, initial_noise, load_transformer,
                       service_sigmas)
from .scene import sample_scene
from .styles import STYLES
from .transformer import Prompts, velocity

RANK = 16
TARGETS = (r"transformer_blocks\.\d+\.(attn\.(to_q|to_k|to_v|to_out\.0)|ff\.linear_(in|out))"
           r"|single_transformer_blocks\.\d+\.attn\.(to_qkv_mlp_proj|to_out)")
"""The image stream's projections, as a pattern PEFT matches against whole names."""
STRENGTHS = (0.2, 1.3)  # of the adapter while it is trained


@dataclass
class Pairs:
    """Noise, the captions' features, the model's pictures and how far the style moves them.

    Every styled picture stays with the noise it came from, so that nothing is left to average over:
    the adapter learns the style alone and the content stays (the pairing of Liu et al., "Flow
    Straight and Fast", arXiv:2209.03003).
    """

    size: Size
    noise: torch.Tensor
    text: torch.Tensor
    plain: torch.Tensor
    change: torch.Tensor

    @staticmethod
    def rendered(run: Path, checkpoint: str, style: str, size: Size, count: int,
                 rng: random.Random, bfloat16: bool) -> Pairs:
        """Samples captions, renders them with the model, styles and encodes the pictures."""
        autoencoder, prompts = finished_autoencoder(run), Prompts(run)
        model = load_transformer(run / checkpoint)
        noise, plain, change = initial_noise(count, size, rng.randrange(1 << 30)), [], []
        texts = [caption(sample_scene(rng), rng) for _ in range(count)]
        features, sigmas = prompts(texts), service_sigmas(SERVICE_STEPS, SERVICE_SHIFT)
        step = max(1, 16 * 256 ** 2 // (size[0] * size[1]))
        for k in tqdm(range(0, count, step), desc=f"{style} {size[0]}x{size[1]}", mininterval=20):
            wait_out_pause()
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                tokens = denoise(model, noise[k:k + step], features[k:k + step], None,
                                 [Grid.whole(size)], sigmas)
            plain.append(tokens)
            change.append(change_of_tokens(autoencoder, tokens, style, size, bfloat16))
        return Pairs(size, noise, features, torch.cat(plain), torch.cat(change))


def change_of_tokens(model: AutoencoderKLFlux2, tokens: torch.Tensor, style: str,
                     size: Size, bfloat16: bool) -> torch.Tensor:
    """What the style adds to the tokens of decoded pictures.

    Both sides are encoded, so that what a pass through the autoencoder loses is no part of a style.
    """
    decoded = decode_tokens(model, tokens, *size)
    pictures = [STYLES[style](image_of(one)) for one in decoded]
    pixels = np.stack([np.asarray(picture) for picture in pictures]).transpose(0, 3, 1, 2)
    images = torch.from_numpy(pixels.copy()).float() / 127.5 - 1
    encoded = lambda pixels: tokens_of(model, encode_patches(model, pixels, bfloat16))
    return encoded(images) - encoded(decoded)


def set_strength(model: Flux2Transformer2DModel, strength: float) -> None:
    """Scales what every adapted layer adds."""
    for module in model.modules():
        if isinstance(module, LoraLayer):
            module.set_scale("default", strength)


def style_loss(model: Flux2Transformer2DModel, pairs: Pairs, count: int, strength: float,
               gain: float) -> torch.Tensor:
    """Flow matching from each noise to its moved picture, at the service's noise levels."""
    chosen = torch.randint(0, len(pairs.noise), (count,))
    noise, clean = pairs.noise[chosen], pairs.plain[chosen] + gain * strength * pairs.change[chosen]
    sigma = sample_windows(count, SERVICE_STEPS)[0]
    noisy = (1 - sigma[:, None, None]) * clean + sigma[:, None, None] * noise
    set_strength(model, strength)
    output = velocity(model, noisy, sigma, pairs.text[chosen], [Grid.whole(pairs.size)])
    return F.mse_loss(output.float(), noise - clean)


def write(tensors: dict[str, torch.Tensor], path: Path, alpha: float) -> None:
    """Writes the adapter as float16 under diffusers' names; the file scales it by alpha / rank."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rank = next(len(tensor) for key, tensor in tensors.items() if "lora_A" in key)
    settings = {"transformer.r": rank, "transformer.lora_alpha": alpha,
                "transformer.target_modules": sorted({key.split(".lora_")[0] for key in tensors})}
    temporary = path.with_suffix(".partial")
    save_file({f"transformer.{key}": value.half().contiguous() for key, value in tensors.items()},
              temporary, {"lora_adapter_metadata": json.dumps(settings)})
    temporary.replace(path)


def main() -> None:
    """Makes pairs, trains the adapter, or goes on training it, and writes it."""
    parser = stage_arguments(__doc__, steps=400)
    parser.add_argument("--style", choices=tuple(STYLES), required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--checkpoint", default="student.pt")
    parser.add_argument("--pairs", default="256:600,768:100",
                        help="size:count of the pictures to learn from")
    parser.add_argument("--budget", type=int, default=3600, help="tokens per step")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--gain", type=float, default=1.0,
                        help="how many times the style's change strength 1 stands for")
    parser.add_argument("--alpha", type=float, default=RANK,
                        help="of the file: over the rank, how much more it does than was trained")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    run, rng = arguments.folder, seeded(arguments.seed, ranks := Ranks(), 0)
    sizes = [tuple(map(int, entry.split(":"))) for entry in arguments.pairs.split(",")]
    pools = [Pairs.rendered(run, arguments.checkpoint, arguments.style, (side, side), count, rng,
                            arguments.bfloat16)
             for side, count in sizes]
    model = load_transformer(run / arguments.checkpoint)
    torch.manual_seed(arguments.seed)  # ranks begin with one adapter
    model.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=TARGETS))
    adapter = [p for p in model.parameters() if p.requires_grad]
    name, means = f"lora-{arguments.style}", Means(0.95)
    stage = Stage(run / f"{name}.pt", {"model": model},
                  Optimizers([], adapter, 0, arguments.rate), decay=0.99)
    stage.resume()
    rng = seeded(arguments.seed, ranks, stage.step)
    journal = Journal(run, name, stage.step, arguments.steps, ranks, arguments.save_every)
    while stage.step < arguments.steps:
        pairs = rng.choice(pools)
        count = max(1, arguments.budget // (pairs.noise.shape[1] + pairs.text.shape[1]))
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bfloat16):
            loss = style_loss(model, pairs, count, rng.uniform(*STRENGTHS), arguments.gain)
        loss.backward()
        stage.update(ranks, learning_rate_scale(stage.step, arguments.steps, 10, 0.6))
        means.add(**{str(pairs.size[0]): loss.item()})
        journal.record(stage, **means.values)
    if ranks.is_first:
        write(get_peft_model_state_dict(model), arguments.output, arguments.alpha)


if __name__ == "__main__":
    main()
