#!/usr/bin/env python3
"""Renders with a fresh random model in diffusers and in Iris, and compares the images.

    python end_to_end.py --preset tiny --seed 7 [--iris .build/release/iris]

A render passes when every channel value is within 1 of diffusers' and 99.9 % are equal. Beyond
that, Iris must draw the same pixels from any copy of the same weights and with any number of
threads. Exits with 1 when anything differs.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ.update(
    TOKENIZERS_PARALLELISM="false",
    HF_HUB_OFFLINE="1",
    DIFFUSERS_VERBOSITY="error",
    TRANSFORMERS_VERBOSITY="error",
    HF_HUB_DISABLE_PROGRESS_BARS="1",
)

import numpy as np  # noqa: E402
import PIL.Image  # noqa: E402
import torch  # noqa: E402

import adapters  # noqa: E402
import bfl_spelling  # noqa: E402
import cases  # noqa: E402
import random_model  # noqa: E402
from images import SyntheticImage  # noqa: E402
from presets import PRESETS  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
LARGEST_DIFFERENCE, LEAST_EQUAL = 1, 0.999
LORA_CASES = [
    replace(cases.CASES[0], name=f"lora {a.file}", steps=2, lora=a.file, lora_strength=0.8)
    for a in adapters.ADAPTERS
]
# Too large for the repository: a longer sequence, and references over a megapixel to be scaled down.
# The latter are judged by diffusers in float64: at 7,000 tokens its float32 is itself 0.1 to 0.3 %
# off.
LARGE_CASES = [
    cases.Case("large", cases.UNICODE, 21, 16, 12, steps=2),
    cases.Case(
        "large_references",
        cases.HAT,
        22,
        5,
        4,
        steps=1,
        references=(SyntheticImage(1201, 997, 31), SyntheticImage(480, 2400, 32, "L")),
    ),
]
ALL_CASES = cases.CASES + LORA_CASES + LARGE_CASES


class Failure(Exception):
    """The message of a render that Iris refused or failed."""


class Trial:
    """One random model in a folder of its own, and what has been found out with it."""

    def __init__(self, options, folder):
        self.preset, self.seed = PRESETS[options.preset].checked(), options.seed
        self.iris, self.folder, self.model = options.iris, Path(folder), Path(folder) / "model"
        self.names = options.cases
        self.failures = 0
        random_model.write_model(self.model, self.preset, self.seed)
        self.pipeline = cases.load_pipeline(self.model)
        adapters.write_adapters(self.folder / "lora", self.pipeline.transformer, self.seed)
        cases.write_references(self.folder / "images", ALL_CASES)

    def arguments(self, case):
        """The command line of a case, without the model and the output."""
        width, height = case.size(self.preset)
        arguments = ["edit" if case.references else "generate", case.prompt]
        arguments += [
            "--size",
            f"{width}x{height}",
            "--seed",
            str(case.seed),
            "--steps",
            str(case.steps),
        ]
        arguments += ["--guidance", str(case.guidance), "--quiet"]
        for image in case.references:
            arguments += ["--image", str(self.folder / "images" / image.name)]
        if case.references:
            arguments += ["--strength", str(case.strength)]
        if case.negative:
            arguments += ["--negative-prompt", case.negative]
        if case.mask:
            arguments += ["--mask", str(self.folder / "images" / case.mask.name)]
        if case.lora:
            arguments += [
                "--lora",
                str(self.folder / "lora" / case.lora),
                "--lora-strength",
                str(case.lora_strength),
            ]
        return arguments

    def drawn(self, arguments, weights=None):
        """The pixels Iris draws, `[H, W, 3]`."""
        output = self.folder / "actual.png"
        output.unlink(missing_ok=True)
        weights = weights or ["--model", str(self.model)]
        done = subprocess.run(
            [self.iris, *arguments, *weights, "--output", str(output)],
            capture_output=True,
            text=True,
        )
        if done.returncode or not output.exists():
            raise Failure(f"exit {done.returncode}: {(done.stderr or done.stdout).strip()[-300:]}")
        with PIL.Image.open(output) as image:
            return np.asarray(image.convert("RGB")).astype(int)

    def report(self, name, passed, text):
        self.failures += not passed
        print(f"{'ok  ' if passed else 'FAIL'} {name:28s} {text}", flush=True)

    def expected(self, case):
        """The pixels diffusers draws, `[H, W, 3]`."""
        precise = case in LARGE_CASES and case.references
        pipeline = cases.load_pipeline(self.model, torch.float64) if precise else self.pipeline
        return np.asarray(
            cases.render(pipeline, self.preset, case, self.folder / "lora")[0]
        ).astype(int)

    def compare_with_diffusers(self, case):
        expected = self.expected(case)
        started = time.monotonic()
        try:
            actual = self.drawn(self.arguments(case))
        except Failure as failure:
            return self.report(case.name, False, str(failure))
        seconds = time.monotonic() - started
        if actual.shape != expected.shape:
            return self.report(
                case.name, False, f"{actual.shape} pixels instead of {expected.shape}"
            )
        difference = np.abs(actual - expected)
        equal = float((difference == 0).mean())
        passed = difference.max() <= LARGEST_DIFFERENCE and equal >= LEAST_EQUAL
        self.report(
            case.name,
            passed,
            f"largest {difference.max()}  equal {100 * equal:.3f} %  {seconds:.2f} s",
        )

    def compare_copies(self, name, case, arguments=(), weights=None, without=None):
        """The same render from other files or with other options, which must not change a pixel."""
        plain = self.arguments(case)
        other = list(plain)
        if without:
            at = other.index(without)
            del other[at : at + 2]
        try:
            difference = self.drawn([*other, *arguments], weights) - self.drawn(plain)
        except (Failure, ValueError) as failure:
            return self.report(name, False, str(failure))
        self.report(name, not difference.any(), f"largest {np.abs(difference).max()}")

    def copy(self, name):
        folder = self.folder / name
        shutil.copytree(self.model, folder)
        return folder


def compare_all_copies(trial):
    """Shards, spellings and threads."""
    by_name = {case.name: case for case in cases.CASES}
    text, edit = by_name["text"], by_name["edit_three"]
    sharded = trial.copy("sharded")
    random_model.shard(sharded, "text_encoder")
    random_model.shard(sharded, "transformer")
    trial.compare_copies("from shards", edit, weights=["--model", str(sharded)])
    newer = trial.copy("newer")
    random_model.set_key_style(newer, "v5")
    trial.compare_copies("transformers 5 keys", text, weights=["--model", str(newer)])
    for threads in (1, 2, 3):
        trial.compare_copies(f"{threads} threads", edit, ["--threads", str(threads)])
    trial.compare_copies(
        "adapter at strength 0",
        text,
        ["--lora", str(trial.folder / "lora" / adapters.PLAIN), "--lora-strength", "0"],
    )
    trial.compare_copies(
        "strength of three images", edit, ["--strength", "0.25"], without="--strength"
    )
    if trial.preset.pixels_per_token == 16:
        trial.compare_copies("size of the first image", by_name["edit"], without="--size")
    compare_single_files(trial, text, edit)


def compare_single_files(trial, text, edit):
    """The BFL spelling says little about itself: only klein's proportions can be known."""
    if trial.preset != PRESETS["faithful"]:
        return print("     single files                 need the preset `faithful`")
    for prefix, name in (
        ("", "single files"),
        ("model.diffusion_model.", "single files, prefixed"),
    ):
        files = bfl_spelling.write_single_files(trial.model, trial.folder / name, prefix)
        trial.compare_copies(name, text, weights=files)
        trial.compare_copies(name + ", edit", edit, weights=files)


def parsed(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--iris", default=str(ROOT / ".build" / "release" / "iris"))
    parser.add_argument("--preset", default="tiny", choices=PRESETS)
    parser.add_argument("--seed", type=int, default=7, help="of the model's weights")
    parser.add_argument(
        "--cases", nargs="*", help="names of cases; all, and all copies, by default"
    )
    parser.add_argument(
        "--keep", metavar="FOLDER", help="leave the model and the last image here"
    )
    return parser.parse_args(arguments)


def main(arguments):
    options = parsed(arguments)
    folder = options.keep or tempfile.mkdtemp(prefix="iris-trial-")
    if options.keep:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        trial = Trial(options, folder)
        print(f"preset {options.preset}, seed {options.seed}", flush=True)
        for case in ALL_CASES:
            if not options.cases or case.name in options.cases:
                trial.compare_with_diffusers(case)
        if not options.cases:
            compare_all_copies(trial)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print("all equal" if trial.failures == 0 else f"{trial.failures} differences")
    sys.exit(1 if trial.failures else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
