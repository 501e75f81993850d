#!/usr/bin/env python3
"""Writes Tests/Fixtures/reference anew: two random models, their stages and renders.

    python make_fixtures.py

The same package versions (requirements.txt) give the same bytes, except for the last bits of floats
on a different processor. Nothing else writes into that folder but its README.
"""

from pathlib import Path

from make_tiny_reference import make
from presets import PRESETS

FOLDER = Path(__file__).resolve().parent.parent / "Fixtures" / "reference"
LIMIT_BYTES = 12_000_000
COMPACT_CASES = ["text", "unicode", "edit_three", "strength", "guidance_edit", "lora", "inpaint"]


def main():
    make(FOLDER / "tiny", PRESETS["tiny"].checked(), seed=1, with_kinds=True)
    make(
        FOLDER / "compact",
        PRESETS["compact"].checked(),
        seed=2,
        names=COMPACT_CASES,
        sharded=True,
        key_style="v5",
        with_references=False,
    )
    total = sum(f.stat().st_size for f in FOLDER.rglob("*") if f.is_file())
    print(f"{total / 1e6:.1f} MB in {FOLDER}")
    assert total < LIMIT_BYTES, "the fixtures outgrew their share of the repository"


if __name__ == "__main__":
    main()
