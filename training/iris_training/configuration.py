"""Sizes of the networks, from TOML or JSON.

`configurations/iris-tiny.toml` has those of the embedded model.
"""

from __future__ import annotations

import dataclasses
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

DEFAULT = Path(__file__).parent / "configurations" / "iris-tiny.toml"
RUN_FILE = "configuration.json"


@dataclass(frozen=True)
class TokenizerSizes:
    """Tokens in all, and the texts that they are learned from."""

    vocabulary: int
    captions: int
    edits: int


@dataclass(frozen=True)
class AutoencoderSizes:
    """Channels of the blocks from full resolution down, and of the latents, a 16th as wide."""

    block_out_channels: tuple[int, ...]
    decoder_block_out_channels: tuple[int, ...]
    layers_per_block: int
    latent_channels: int

    @property
    def token_channels(self) -> int:
        """Channels of a token, which is 2 x 2 latents."""
        return 4 * self.latent_channels


@dataclass(frozen=True)
class TextEncoderSizes:
    """Widths of the Qwen3 layers, and which of their outputs the transformer reads.

    The last layer's output passes the final norm in the reference, so it is never among them.
    """

    hidden_size: int
    intermediate_size: int
    heads: int
    key_value_heads: int
    head_dim: int
    out_layers: tuple[int, ...]
    max_length: int

    @property
    def layers(self) -> int:
        """Layers in all."""
        return max(self.out_layers) + 1

    @property
    def joint_attention_dim(self) -> int:
        """Channels of a prompt's features: the hidden states side by side."""
        return len(self.out_layers) * self.hidden_size


@dataclass(frozen=True)
class TransformerSizes:
    """Numbers of the blocks, and their width as heads and a head's rotary axes."""

    double_layers: int
    single_layers: int
    heads: int
    axes_dims_rope: tuple[int, ...]
    rope_theta: int
    mlp_ratio: float

    @property
    def head_dim(self) -> int:
        """Channels of a head."""
        return sum(self.axes_dims_rope)

    @property
    def hidden_size(self) -> int:
        """Channels of a token inside the blocks."""
        return self.heads * self.head_dim


@dataclass(frozen=True)
class AdapterSizes:
    """Rank of a low-rank adapter."""

    rank: int


@dataclass(frozen=True)
class ExportSizes:
    """Widths and heights in pixels that the exported model says it draws at."""

    native_sizes: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Configuration:
    """Everything about a run's networks that can be chosen."""

    tokenizer: TokenizerSizes
    autoencoder: AutoencoderSizes
    text_encoder: TextEncoderSizes
    transformer: TransformerSizes
    lora: AdapterSizes
    low_noise: AdapterSizes
    export: ExportSizes

    @staticmethod
    def read(path: Path | None = None) -> Configuration:
        """Reads a file, over the embedded model's sizes; those alone without one."""
        tables = _tables(DEFAULT)
        for name, values in (_tables(path) if path else {}).items():
            tables[name] = {**tables.get(name, {}), **values}
        configuration = _built(Configuration, tables, "")
        _check(configuration)
        return configuration

    @staticmethod
    def of_run(folder: Path, path: Path | None) -> Configuration:
        """Reads the run's sizes, and keeps them in its folder when the run is new.

        A run has one configuration: its checkpoints fit no other.
        """
        kept = folder / RUN_FILE
        if not kept.exists():
            own = Configuration.read(path)
            folder.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(dataclasses.asdict(own), indent=2) + "\n")
            return own
        own = Configuration.read(kept)
        if path and Configuration.read(path) != own:
            raise SystemExit(f"{folder} was begun with other sizes than {path}: see {kept}")
        return own


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    text = path.read_text(encoding="utf-8")
    tables = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    if stray := [name for name, table in tables.items() if not isinstance(table, dict)]:
        raise SystemExit(f"{path}: {', '.join(stray)} stands outside a table")
    return tables


def _built(kind: Any, values: dict[str, Any], name: str) -> Any:
    """A dataclass from a table; names that it lacks or has not are errors."""
    hints = get_type_hints(kind)
    if hints.keys() != values.keys():
        wrong = ", ".join(sorted(hints.keys() ^ values.keys()))
        raise SystemExit(f"configuration {name or 'file'}: missing or unknown: {wrong}")
    return kind(**{key: _value(hint, values[key], f"{name}.{key}".lstrip("."))
                   for key, hint in hints.items()})


def _value(hint: Any, value: Any, name: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return _built(hint, value, name)
    if hint in (int, float):
        if not isinstance(value, (int, hint)) or isinstance(value, bool) or value <= 0:
            raise SystemExit(f"configuration {name}: {value!r} is not a positive {hint.__name__}")
        return hint(value)
    if not isinstance(value, (list, tuple)) or not value:
        raise SystemExit(f"configuration {name}: {value!r} is not a list")
    item = hint.__args__[0]
    return tuple(_value(item, one, name) for one in value)


def _check(configuration: Configuration) -> None:
    """Refuses sizes that scenes, or the networks, cannot have."""
    encoder = configuration.autoencoder
    for channels in (encoder.block_out_channels, encoder.decoder_block_out_channels):
        if len(channels) != 5:
            raise SystemExit("configuration autoencoder: scenes lie on tokens of 32 pixels, which "
                             f"takes five blocks, not {len(channels)}")
    if len(configuration.transformer.axes_dims_rope) != 4:
        raise SystemExit("configuration transformer.axes_dims_rope: four axes are needed")
    for size in configuration.export.native_sizes:
        if len(size) != 2 or any(side % 32 for side in size):
            raise SystemExit(f"configuration export.native_sizes: {size}: multiples of 32, two")
