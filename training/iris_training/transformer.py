"""Trains the FLUX.2-shaped transformer on cached latents.

    torchrun --nproc-per-node 2 -m iris_training.transformer --folder RUN --mix scene-256x256:1

Two helps that cost nothing at run time: the text encoder is pre-trained and frozen, and linear
readers must find where a token is and what it shows, since the layout of a scene is known.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import Flux2Transformer2DModel
from torch import nn

from .batches import IGNORED, Batch, Grid, Mix, draw_batch
from .loop import (Journal, Means, Optimizers, Ranks, Stage, learning_rate_scale, seeded,
                   stage_arguments, start_from)
from .text_encoder import MAX_LENGTH, OUT_LAYERS, WIDTH, TextFeatures, load_features
from .tokenizer import PromptTokenizer
from .vocabulary import BACKGROUNDS, OBJECTS

HIDDEN = 192
CONFIG = {
    "patch_size": 1, "in_channels": 128, "num_layers": 2, "num_single_layers": 4,
    "attention_head_dim": 64, "num_attention_heads": HIDDEN // 64,
    "joint_attention_dim": len(OUT_LAYERS) * WIDTH, "timestep_guidance_channels": 256,
    "mlp_ratio": 3.0, "axes_dims_rope": (16, 16, 16, 16), "rope_theta": 2000,
    "guidance_embeds": False,
}
SEMANTIC_CLASSES = len(OBJECTS) + 2 * len(BACKGROUNDS)
PLACE_CLASSES = (32, 32, 12, 12)  # rows and columns of a picture, and of an object
READER_WEIGHTS = {"shown": 0.1, "place": 0.05}
OBJECT_WEIGHT = 2.0  # of an object's tokens in the loss; backgrounds are learned early
OBJECT_SHARE = 0.4  # of the loss is the objects', so that small ones are learned too,
HEAVIEST = 10.0  # unless a token would then weigh more than this
REFERENCE_SPACING = 10  # between the T coordinates of references


def build() -> Flux2Transformer2DModel:
    """A fresh transformer that predicts nothing yet and is modulated gently."""
    model = Flux2Transformer2DModel(**CONFIG)
    nn.init.zeros_(model.proj_out.weight)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "modulation" in name or "norm_out" in name:
                parameter.mul_(0.1)
    return model


def text_ids(length: int) -> torch.Tensor:
    """Coordinates of the text tokens."""
    zero = torch.arange(1)
    return torch.cartesian_prod(zero, zero, zero, torch.arange(length)).float()


def velocity(model: Flux2Transformer2DModel, noisy: torch.Tensor, sigma: torch.Tensor,
             text: torch.Tensor, grids: list[Grid],
             references: Sequence[torch.Tensor] = ()) -> torch.Tensor:
    """The model's velocity for the noisy tokens; grids of the picture, then of references."""
    ids = [grid.ids(REFERENCE_SPACING * k) for k, grid in enumerate(grids)]
    output = model(hidden_states=torch.cat([noisy, *references], 1), encoder_hidden_states=text,
                   timestep=sigma, img_ids=torch.cat(ids), txt_ids=text_ids(text.shape[1]),
                   guidance=None, return_dict=False)[0]
    return output[:, :noisy.shape[1]]


class Prompts:
    """Prompts to the frozen encoder's features, padded to one of several lengths."""

    def __init__(self, run: Path, lengths: tuple[int, ...] = (32, 32, 40, MAX_LENGTH)) -> None:
        self._tokenizer = PromptTokenizer(run / "tokenizer")
        self._features: TextFeatures = load_features(run, self._tokenizer)
        self._lengths = lengths

    @torch.no_grad()
    def __call__(self, prompts: list[str], rng: random.Random | None = None) -> torch.Tensor:
        """Features, `[B, L, C]`; without `rng` at the length the pipeline uses."""
        length = rng.choice(self._lengths) if rng else MAX_LENGTH
        return self._features(*self._tokenizer(prompts, length)).float()


class Readers(nn.ModuleDict):
    """Linear readers that must find out of hidden states what the layout of a scene says.

    Where a token is must be known before what it shows can be: rotary embeddings give it only
    relative places, and learning absolute ones from pictures alone takes a small model long. So
    "place" reads row and column after the double-stream blocks, of the picture and of the object,
    and "shown" names the token from a middle single-stream block. Both are dropped at the end.
    """

    def __init__(self, model: Flux2Transformer2DModel) -> None:
        super().__init__({"shown": nn.Linear(HIDDEN, SEMANTIC_CLASSES),
                          "place": nn.Linear(HIDDEN, sum(PLACE_CLASSES))})
        self._early: torch.Tensor | None = None
        self._middle: torch.Tensor | None = None
        model.transformer_blocks[-1].register_forward_hook(self._keep_early)
        model.single_transformer_blocks[1].register_forward_hook(self._keep_middle)

    def _keep_early(self, _module: nn.Module, _inputs: tuple, output: tuple) -> None:
        self._early = output[1]

    def _keep_middle(self, _module: nn.Module, _inputs: tuple, output: torch.Tensor) -> None:
        self._middle = output

    def losses(self, batch: Batch, text_length: int) -> dict[str, torch.Tensor]:
        """Cross-entropies over the picture's tokens of the last forward pass."""
        count = batch.labels.shape[-1]
        shown = self["shown"](self._middle[:, text_length:text_length + count]).float()
        places = self["place"](self._early[:, :count]).float().split(PLACE_CLASSES, -1)
        _, rows, columns, _ = batch.grids[0].ids(0).long().T[:, None].expand(-1, len(shown), -1)
        targets = (rows, columns, batch.labels[:, 1], batch.labels[:, 2])
        entropy = lambda logits, target: F.cross_entropy(
            logits.flatten(0, 1), target.flatten(), ignore_index=IGNORED)
        place = sum(entropy(logits, target) for logits, target in zip(places[:2], targets[:2]))
        if (batch.labels[:, 1] != IGNORED).any():
            place = place + sum(entropy(l, t) for l, t in zip(places[2:], targets[2:]))
        return {"shown": entropy(shown, batch.labels[:, 0]), "place": place}


def sample_sigmas(count: int, shift: float) -> torch.Tensor:
    """Logit-normal noise levels, shifted towards noise."""
    u = torch.sigmoid(torch.randn(count))
    return shift * u / (1 + (shift - 1) * u)


def training_shift(tokens: int) -> float:
    """More noise for larger pictures: 2 at 64 tokens, growing with their number's fourth root."""
    return 2.0 * (tokens / 64) ** 0.25


def split_matrices(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The blocks' weight matrices for Muon, and the rest."""
    named = list(model.named_parameters())
    is_matrix = lambda name, p: p.ndim == 2 and "transformer_blocks" in name
    return ([p for name, p in named if is_matrix(name, p)],
            [p for name, p in named if not is_matrix(name, p)])


def token_weights(batch: Batch) -> torch.Tensor:
    """What each token counts for in a loss, `[B, N]`; the mean is 1."""
    objects = batch.labels[:, 0] < len(OBJECTS)
    share = objects.float().mean().clamp(1e-3, 1 - 1e-3)
    balanced = OBJECT_SHARE / (1 - OBJECT_SHARE) * (1 - share) / share
    weights = torch.where(objects, balanced.clamp(OBJECT_WEIGHT, HEAVIEST), 1.0)
    return weights / weights.mean()


def training_loss(model: Flux2Transformer2DModel, readers: Readers, batch: Batch,
                  text: torch.Tensor) -> dict[str, torch.Tensor]:
    """The flow-matching loss and the readers'."""
    noise, clean = torch.randn_like(batch.clean), batch.clean
    sigma = sample_sigmas(len(clean), training_shift(batch.grids[0].count))
    level = sigma[:, None, None]
    noisy = (1 - level) * clean + level * noise
    output = velocity(model, noisy, sigma, text, batch.grids, batch.references)
    errors = (output.float() - (noise - clean)).square().mean(-1)
    return {batch.name: (errors * token_weights(batch)).mean(),
            **readers.losses(batch, text.shape[1])}


def main() -> None:
    """Trains, or goes on training, and keeps `transformer.pt`."""
    parser = stage_arguments(__doc__, steps=8000)
    parser.add_argument("--mix", default="scene-256x256:1")
    parser.add_argument("--initial", type=Path, help="checkpoint to take matching weights from")
    parser.add_argument("--kept", type=int, default=112, help="tokens kept of a large picture")
    parser.add_argument("--whole", type=float, default=0.1, help="share of batches kept whole")
    parser.add_argument("--budget", type=int, default=3000, help="tokens per rank and step")
    parser.add_argument("--rate", type=float, default=2e-3, help="Muon's; AdamW's is 0.6 of it")
    parser.add_argument("--decay", type=float, default=0.35, help="share of steps that decay")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    ranks, run = Ranks(), arguments.folder
    prompts, model = Prompts(run), build()
    readers = Readers(model)
    start_from(arguments.initial, {"model": model, "readers": readers})
    matrices, others = split_matrices(model)
    optimizers = Optimizers(matrices, [*others, *readers.parameters()], arguments.rate,
                            0.6 * arguments.rate, weight_decay=0.01)
    stage = Stage(run / "transformer.pt", {"model": model, "readers": readers},
                  optimizers, decay=0.99)
    stage.resume()
    rng = seeded(arguments.seed, ranks, stage.step)
    mix = Mix(run, arguments.mix, arguments.seed + stage.step)
    journal = Journal(run, "transformer", stage.step, arguments.steps, ranks,
                      arguments.save_every)
    means = Means()
    while stage.step < arguments.steps:
        if stage.step % 100 == 0:
            mix.refresh()
        pool, kept = mix.draw(arguments.kept, arguments.whole)
        batch = draw_batch(pool, arguments.budget, rng, kept)
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bfloat16):
            losses = training_loss(model, readers, batch, prompts(batch.prompts, rng))
        sum(READER_WEIGHTS.get(name, 1) * loss for name, loss in losses.items()).backward()
        stage.update(ranks, learning_rate_scale(stage.step, arguments.steps,
                                                decay=arguments.decay))
        means.add(**{name: loss.item() for name, loss in losses.items()})
        journal.record(stage, **means.values)


if __name__ == "__main__":
    main()
