"""Trains the FLUX.2-shaped transformer on cached latents.

    torchrun --nproc-per-node 2 -m iris_training.transformer --folder RUN --mix scene-256x256:1

Two helps that cost nothing at run time: the text encoder is pre-trained and frozen, and linear
readers must find where a token is and what it shows, since the layout of a scene is known.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import Flux2Transformer2DModel
from torch import nn

from .batches import Batch, Grid, Mix, mix_arguments, shows_object
from .checkpoints import required, start_from
from .loop import IGNORED, Loop, Losses, Optimizers, Stage, split
from .run import Run, stage_arguments
from .text_encoder import ENCODER, TextFeatures, load_encoder
from .tokenizer import PromptTokenizer
from .vocabulary import BACKGROUNDS, OBJECTS

SEMANTIC_CLASSES = len(OBJECTS) + 2 * len(BACKGROUNDS)
PLACE_CLASSES = (32, 32, 12, 12)  # rows and columns of an image, and of an object
READER_WEIGHTS = {"shown": 0.1, "place": 0.05}
OBJECT_WEIGHT = 2.0  # of an object's tokens in the loss; backgrounds are learned early
OBJECT_SHARE = 0.4  # of the loss is the objects', so that small ones are learned too,
HEAVIEST = 10.0  # unless a token would then weigh more than this
REFERENCE_SPACING = 10  # between the T coordinates of references
SHORT_LENGTHS = (40, 56, 72)  # tokens that prompts are padded to beside the longest, drawn evenly


def build(run: Run) -> Flux2Transformer2DModel:
    """A fresh transformer that predicts nothing yet and is modulated gently."""
    sizes, configuration = run.configuration.transformer, run.configuration
    model = Flux2Transformer2DModel(
        patch_size=1, in_channels=configuration.autoencoder.token_channels,
        num_layers=sizes.double_layers, num_single_layers=sizes.single_layers,
        attention_head_dim=sizes.head_dim, num_attention_heads=sizes.heads,
        joint_attention_dim=configuration.text_encoder.joint_attention_dim,
        timestep_guidance_channels=256, mlp_ratio=sizes.mlp_ratio,
        axes_dims_rope=sizes.axes_dims_rope, rope_theta=sizes.rope_theta, guidance_embeds=False)
    nn.init.zeros_(model.proj_out.weight)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "modulation" in name or "norm_out" in name:
                parameter.mul_(0.1)
    return model.to(run.device)


def load_transformer(run: Run, path: Path) -> Flux2Transformer2DModel:
    """A checkpoint's averaged transformer, frozen."""
    model = build(run)
    model.load_state_dict(required(path)["average"])
    return model.eval().requires_grad_(False)


def text_ids(length: int) -> torch.Tensor:
    """Coordinates of the text tokens."""
    zero = torch.arange(1)
    return torch.cartesian_prod(zero, zero, zero, torch.arange(length)).float()


def velocity(model: Flux2Transformer2DModel, noisy: torch.Tensor, sigma: torch.Tensor,
             text: torch.Tensor, grids: list[Grid],
             references: Sequence[torch.Tensor] = ()) -> torch.Tensor:
    """The model's velocity for the noisy tokens; grids of the image, then of references."""
    ids = [grid.ids(REFERENCE_SPACING * k) for k, grid in enumerate(grids)]
    output = model(hidden_states=torch.cat([noisy, *references], 1), encoder_hidden_states=text,
                   timestep=sigma, img_ids=torch.cat(ids).to(noisy.device),
                   txt_ids=text_ids(text.shape[1]).to(noisy.device),
                   guidance=None, return_dict=False)[0]
    return output[:, :noisy.shape[1]]


def padded_length(mask: torch.Tensor, rng: random.Random, longest: int) -> int:
    """A length that every prompt of a mask `[B, longest]` fits into."""
    needed = int(mask.sum(1).max())
    return rng.choice([length for length in (*SHORT_LENGTHS, longest) if length >= needed])


class Prompts:
    """Prompts to the encoder's features, padded to one of several lengths.

    The encoder is frozen unless it is `taught`.
    """

    def __init__(self, run: Run, taught: bool = False, encoder: str = ENCODER) -> None:
        sizes = run.configuration.text_encoder
        self._tokenizer, self._taught = PromptTokenizer(run.path("tokenizer")), taught
        self.encoder = load_encoder(run, self._tokenizer, encoder)
        self._features = TextFeatures(self.encoder, sizes.out_layers).eval().requires_grad_(taught)
        self._longest = sizes.max_length

    def __call__(self, prompts: list[str], rng: random.Random | None = None) -> torch.Tensor:
        """Features, `[B, L, C]`; without `rng` at the length the pipeline uses."""
        ids, mask = self._tokenizer(prompts, self._longest)
        length = padded_length(mask, rng, self._longest) if rng else self._longest
        with torch.set_grad_enabled(self._taught and torch.is_grad_enabled()):
            return self._features(ids[:, :length], mask[:, :length]).float()


class Readers(nn.ModuleDict):
    """Linear readers that must find out of hidden states what the layout of a scene says.

    Where a token is must be known before what it shows can be: rotary embeddings give it only
    relative places, and learning absolute ones from images alone takes a small model long. So
    "place" reads row and column after the double-stream blocks, of the image and of the object,
    and "shown" names the token from a middle single-stream block. Both are dropped at the end.
    """

    def __init__(self, run: Run, model: Flux2Transformer2DModel) -> None:
        width = run.configuration.transformer.hidden_size
        super().__init__({"shown": nn.Linear(width, SEMANTIC_CLASSES),
                          "place": nn.Linear(width, sum(PLACE_CLASSES))})
        self.to(run.device)
        self._early: torch.Tensor | None = None
        self._middle: torch.Tensor | None = None
        model.transformer_blocks[-1].register_forward_hook(self._keep_early)
        middle = (len(model.single_transformer_blocks) - 1) // 2
        model.single_transformer_blocks[middle].register_forward_hook(self._keep_middle)

    def _keep_early(self, _module: nn.Module, _inputs: tuple, output: tuple) -> None:
        self._early = output[1]

    def _keep_middle(self, _module: nn.Module, _inputs: tuple, output: torch.Tensor) -> None:
        self._middle = output

    def losses(self, batch: Batch, text_length: int, apart: bool = False
               ) -> dict[str, torch.Tensor]:
        """Cross-entropies over the image's tokens of the last forward pass.

        `apart`, the readers learn and the model does not notice.
        """
        assert self._early is not None and self._middle is not None
        count = batch.labels.shape[-1]
        early, middle = self._early[:, :count], self._middle[:, text_length:text_length + count]
        if apart:
            early, middle = early.detach(), middle.detach()
        shown = self["shown"](middle).float()
        places = self["place"](early).float().split(PLACE_CLASSES, -1)
        ids = batch.grids[0].ids(0).long().to(shown.device)
        _, rows, columns, _ = ids.T[:, None].expand(-1, len(shown), -1)
        place = _entropy(places[0], rows) + _entropy(places[1], columns)
        if (batch.labels[:, 1] != IGNORED).any():
            place = place + (_entropy(places[2], batch.labels[:, 1])
                             + _entropy(places[3], batch.labels[:, 2]))
        named = (batch.labels[:, 0] != IGNORED).any()
        return {"shown": _entropy(shown, batch.labels[:, 0]) if named else 0 * shown.sum(),
                "place": place}


def _entropy(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The mean cross-entropy of `[B, N, classes]` over the labels that are given."""
    return F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=IGNORED)


def sample_sigmas(count: int, shift: float) -> torch.Tensor:
    """Logit-normal noise levels, shifted towards noise."""
    u = torch.sigmoid(torch.randn(count))
    return shift * u / (1 + (shift - 1) * u)


def training_shift(tokens: int) -> float:
    """More noise for larger images: 2 at 64 tokens, growing with their number's fourth root."""
    return 2.0 * (tokens / 64) ** 0.25


def split_matrices(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The blocks' weight matrices for Muon, and the rest."""
    return split(model.named_parameters(), "transformer_blocks")


def token_weights(batch: Batch) -> torch.Tensor:
    """Weights of the tokens in a loss, `[B, N]`; their mean is 1."""
    objects = shows_object(batch.labels)
    share = objects.float().mean().clamp(1e-3, 1 - 1e-3)
    balanced = OBJECT_SHARE / (1 - OBJECT_SHARE) * (1 - share) / share
    weights = torch.where(objects, balanced.clamp(OBJECT_WEIGHT, HEAVIEST), 1.0)
    return weights / weights.mean()


def training_loss(model: Flux2Transformer2DModel, readers: Readers, batch: Batch,
                  text: torch.Tensor) -> dict[str, torch.Tensor]:
    """The flow-matching loss and the readers'."""
    noise, clean = torch.randn_like(batch.clean), batch.clean
    sigma = sample_sigmas(len(clean), training_shift(batch.grids[0].count)).to(clean.device)
    level = sigma[:, None, None]
    noisy = (1 - level) * clean + level * noise
    output = velocity(model, noisy, sigma, text, batch.grids, batch.references)
    errors = (output.float() - (noise - clean)).square().mean(-1)
    return {batch.name: (errors * token_weights(batch)).mean(),
            **readers.losses(batch, text.shape[1])}


def _parser() -> argparse.ArgumentParser:
    parser = stage_arguments(__doc__, steps=8000)
    mix_arguments(parser, kept=112, whole=0.1, budget=3000)
    parser.add_argument("--initial", type=Path, help="checkpoint to take matching weights from")
    parser.add_argument("--rate", type=float, default=2e-3, help="Muon's; AdamW's is 0.6 of it")
    parser.add_argument("--decay", type=float, default=0.35, help="share of steps that decay")
    return parser


def main(options: Sequence[str] | None = None) -> None:
    """Trains, or goes on training, and keeps `transformer.pt`."""
    arguments = _parser().parse_args(options)
    run = Run.of(arguments)
    torch.manual_seed(arguments.seed)
    prompts, model = Prompts(run), build(run)
    modules = {"model": model, "readers": (readers := Readers(run, model))}
    start_from(arguments.initial, modules)
    matrices, others = split_matrices(model)
    optimizers = Optimizers(matrices, [*others, *readers.parameters()], arguments.rate,
                            0.6 * arguments.rate, weight_decay=0.01)
    stage = Stage(run, "transformer", modules, optimizers, decay=0.99)
    loop = Loop(stage, arguments, decay=arguments.decay)
    mix = Mix(run, arguments.mix, loop.seed)

    def losses() -> Losses:
        batch = mix.batch(loop.rng, arguments.budget, arguments.kept, arguments.whole)
        with run.autocast():
            parts = training_loss(model, readers, batch, prompts(batch.prompts, loop.rng))
        weighted = [READER_WEIGHTS.get(name, 1) * loss for name, loss in parts.items()]
        return torch.stack(weighted).sum(), {name: loss.item() for name, loss in parts.items()}

    loop.train(losses)


if __name__ == "__main__":
    main()
