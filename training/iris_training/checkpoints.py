"""Checkpoints: written whole or not at all, and read onto the CPU."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn


def save(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a checkpoint so that a kill leaves the old or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.partial")
    torch.save(content, temporary)
    temporary.replace(path)


def load(path: Path) -> dict[str, Any] | None:
    """Reads a checkpoint, or nothing when the stage has not begun."""
    if not path.exists():
        return None
    return torch.load(path, map_location="cpu", weights_only=False)


def required(path: Path) -> dict[str, Any]:
    """Reads a checkpoint that an earlier stage must have written."""
    checkpoint = load(path)
    if checkpoint is None:
        raise SystemExit(f"there is no checkpoint {path}")
    return checkpoint


def start_from(path: Path | None, modules: Mapping[str, nn.Module]) -> None:
    """Takes another run's weights where name and shape agree, as when the vocabulary has grown."""
    if path is None:
        return
    checkpoint = required(path)
    for name, module in modules.items():
        given, current = checkpoint.get(name, {}), module.state_dict()
        fitting = {k: v for k, v in given.items() if k in current and current[k].shape == v.shape}
        if name == "model" and not fitting:
            raise SystemExit(f"nothing in {path} fits the model")
        module.load_state_dict(current | fitting)


def kept(path: Path, key: Mapping[str, Any], draw: Callable[[], Any]) -> Any:
    """Returns what `draw` draws, from the file while that was written under the same `key`."""
    content = load(path)
    if content is None or content["key"] != key:
        content = {"key": dict(key), "drawn": draw()}
        save(path, content)
    return content["drawn"]
