"""Trains a LoRA style on the distilled transformer and writes it in PEFT's format.

    python -m iris_training.lora --folder RUN --style dark --output ../loras/dark.safetensors

Targets are the model's own images, moved towards the same images passed through the style by as
much as the adapter's strength of the step says; each stays paired with its noise. So the adapter is
trained as it is used: at every strength, not at one.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import Flux2Transformer2DModel
from peft import LoraConfig, get_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from tqdm import tqdm

from .batches import Grid
from .captions import caption
from .checkpoints import kept
from .distillation import sample_windows
from .latents import decode_tokens, encode_tokens, finished_autoencoder, tokens_of
from .loop import Loop, Losses, Optimizers, Stage, seeded
from .pixels import Size, image_of
from .run import Run, stage_arguments, wait_out_pause
from .sampling import SERVICE_SHIFT, SERVICE_STEPS, denoise, initial_noise, service_sigmas
from .scene import sample_scene
from .styles import STYLES
from .transformer import Prompts, load_transformer, velocity

TARGETS = (r"transformer_blocks\.\d+\.(attn\.(to_q|to_k|to_v|to_out\.0)|ff\.linear_(in|out))"
           r"|single_transformer_blocks\.\d+\.attn\.(to_qkv_mlp_proj|to_out)")
"""The image stream's projections, as a pattern PEFT matches against whole names."""
STRENGTHS = (0.2, 1.3)  # of the adapter while it is trained


@dataclass
class Pairs:
    """Noise, the captions' features, the model's images and how far the style moves them.

    Every styled image stays with the noise it came from, so that nothing is left to average over:
    the adapter learns the style alone and the content stays (the pairing of Liu et al., "Flow
    Straight and Fast", arXiv:2209.03003).
    """

    size: Size
    noise: torch.Tensor
    text: torch.Tensor
    plain: torch.Tensor
    change: torch.Tensor

    @staticmethod
    def drawn(run: Run, checkpoint: str, style: str, size: Size, count: int,
              rng: random.Random) -> Pairs:
        """Samples captions, renders them with the model, styles and encodes the images."""
        autoencoder, prompts = finished_autoencoder(run), Prompts(run)
        model = load_transformer(run, run.path(checkpoint))
        noise = initial_noise(run, count, size, rng.randrange(1 << 30))
        features = prompts([caption(sample_scene(rng), rng) for _ in range(count)])
        sigmas = service_sigmas(SERVICE_STEPS, SERVICE_SHIFT)
        plain, change = [], []
        step = max(1, 16 * 256 ** 2 // (size[0] * size[1]))
        for k in tqdm(range(0, count, step), desc=f"{style} {size[0]}x{size[1]}", mininterval=20):
            wait_out_pause()
            with run.autocast():
                tokens = denoise(model, noise[k:k + step], features[k:k + step], None,
                                 [Grid.whole(size)], sigmas)
            pixels = decode_tokens(autoencoder, tokens, size)
            styled = tokens_of(run, autoencoder, [STYLES[style](image_of(one)) for one in pixels])
            plain.append(tokens)
            # Both are encoded: what a pass through the autoencoder loses is no part of a style.
            change.append(styled - encode_tokens(run, autoencoder, pixels))
        return Pairs(size, noise, features, torch.cat(plain), torch.cat(change))

    def to(self, device: torch.device) -> Pairs:
        """The pairs on a device."""
        return Pairs(self.size, *(tensor.to(device) for tensor in
                                  (self.noise, self.text, self.plain, self.change)))


def draw_pairs(run: Run, arguments: argparse.Namespace) -> list[Pairs]:
    """The pairs of every size that is asked for, as this rank drew them when they were first."""
    def draw() -> list[Pairs]:
        rng = seeded(arguments.seed, run.ranks, 0)
        sizes = [tuple(map(int, entry.split(":"))) for entry in arguments.pairs.split(",")]
        return [Pairs.drawn(run, arguments.checkpoint, arguments.style, (side, side), count, rng)
                .to(torch.device("cpu")) for side, count in sizes]

    name = f"lora-{arguments.style}-pairs-{run.ranks.index}.pt"
    sources = (arguments.checkpoint, "text_encoder.pt", "autoencoder.pt", "decoder.pt")
    key = {"seed": arguments.seed, "pairs": arguments.pairs, "sources": run.ages(*sources)}
    return [pairs.to(run.device) for pairs in kept(run.path(name), key, draw)]


def add_adapter(model: Flux2Transformer2DModel, rank: int) -> list[nn.Parameter]:
    """Adds a low-rank adapter to the image stream's projections; its parameters."""
    model.add_adapter(LoraConfig(r=rank, lora_alpha=rank, target_modules=TARGETS))
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


@torch.no_grad()
def start_from_adapter(model: Flux2Transformer2DModel, path: Path | None) -> None:
    """Takes the weights of an adapter that was written for a model before this one."""
    if path is None:
        return
    with safe_open(path, "pt") as file:
        settings = json.loads(file.metadata()["lora_adapter_metadata"])
        given = {key: file.get_tensor(key).float() for key in file.keys()}
    scale = settings["transformer.lora_alpha"] / settings["transformer.r"]
    own = dict(model.named_parameters())
    for key, value in given.items():
        part = "lora_B" if ".lora_B." in key else "lora_A"
        name = key.removeprefix("transformer.").replace(part, f"{part}.default")
        own[name].copy_(scale * value if part == "lora_B" else value)


def set_strength(model: Flux2Transformer2DModel, strength: float) -> None:
    """Scales what every adapted layer adds."""
    for module in model.modules():
        if isinstance(module, LoraLayer):
            module.set_scale("default", strength)


def style_loss(model: Flux2Transformer2DModel, pairs: Pairs, count: int, strength: float,
               gain: float) -> torch.Tensor:
    """Flow matching from each noise to its moved image, at the service's noise levels."""
    chosen = torch.randint(0, len(pairs.noise), (count,))
    noise, clean = pairs.noise[chosen], pairs.plain[chosen] + gain * strength * pairs.change[chosen]
    sigma = sample_windows(count, SERVICE_STEPS)[0].to(noise.device)
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
    named = {f"transformer.{key}": value.half().contiguous().cpu()
             for key, value in tensors.items()}
    save_file(named, temporary, {"lora_adapter_metadata": json.dumps(settings)})
    temporary.replace(path)


def _parser() -> argparse.ArgumentParser:
    parser = stage_arguments(__doc__, steps=400)
    parser.add_argument("--style", choices=tuple(STYLES), required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--checkpoint", default="student.pt")
    parser.add_argument("--pairs", default="256:600,768:100",
                        help="size:count of the images to learn from")
    parser.add_argument("--budget", type=int, default=3600, help="tokens per step")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--gain", type=float, default=1.0,
                        help="how many times the style's change strength 1 stands for")
    parser.add_argument("--initial", type=Path, help="an adapter to go on from, as it was written")
    parser.add_argument("--alpha", type=float,
                        help="of the file: over the rank, how much more it does than was trained")
    return parser


def main(options: Sequence[str] | None = None) -> None:
    """Makes pairs, trains the adapter, or goes on training it, and writes it."""
    arguments = _parser().parse_args(options)
    run = Run.of(arguments)
    pools = draw_pairs(run, arguments)
    model, rank = load_transformer(run, run.path(arguments.checkpoint)), run.configuration.lora.rank
    torch.manual_seed(arguments.seed)  # ranks begin with one adapter
    optimizers = Optimizers([], add_adapter(model, rank), 0, arguments.rate)
    start_from_adapter(model, arguments.initial)
    loop = Loop(Stage(run, f"lora-{arguments.style}", {"model": model}, optimizers), arguments,
                warmup=10, decay=0.6, keep=0.95)

    def losses() -> Losses:
        pairs = loop.rng.choice(pools)
        count = max(1, arguments.budget // (pairs.noise.shape[1] + pairs.text.shape[1]))
        with run.autocast():
            loss = style_loss(model, pairs, count, loop.rng.uniform(*STRENGTHS), arguments.gain)
        return loss, {str(pairs.size[0]): loss.item()}

    loop.train(losses)
    if run.ranks.is_first:
        write(get_peft_model_state_dict(model), arguments.output, arguments.alpha or rank)


if __name__ == "__main__":
    main()
