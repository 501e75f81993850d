"""Checks that the phrasings the model is judged by are no templates of its training.

    python -m iris_training.kept_apart
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from . import orders, phrases, strangers, wrappers

SHARED = frozenset((
    "remove the {}", "hapus {}", "add {}", "tambahkan {}", "make it night", "make it sunset",
    "make it stormy", "jadikan badai",
))
"""The shortest orders, which people type and the training has always had."""
WORDS_ALONE = ("places", "times", "near", "unknown")  # tables of words, which cannot be kept apart


def normalised(template: str) -> str:
    """A template without capitals, names of its blanks and final marks."""
    return re.sub(r"\{\w*\}", "{}", template.lower()).strip(" .?!")


def texts(value: Any) -> Iterator[str]:
    """Every text in nested tables."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from texts(item)


def trained_templates(modules: tuple[ModuleType, ...] = (orders, phrases, wrappers)) -> set[str]:
    """Templates in the tables that captions and orders are written from."""
    tables = (value for module in modules for name, value in vars(module).items()
              if name.isupper())
    return {normalised(text) for table in tables for text in texts(table)}


def repeated() -> list[str]:
    """Returns the templates of the judgement that training has too, other than those in `SHARED`."""
    trained, kept = trained_templates(), strangers.phrases()
    held = {normalised(text) for name, table in kept.items() if name not in WORDS_ALONE
            for text in texts(table)}
    return sorted((held & trained) - SHARED)


if __name__ == "__main__":
    if found := repeated():
        raise SystemExit(f"judged by and trained on: {', '.join(found)}")
