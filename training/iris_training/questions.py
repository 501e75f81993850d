"""The program under test, and the questions that the judge is asked about its images."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .edits import Edit
from .judge import NOTHING, SCENE_SIDE, Judge, crop, empty_place, shrunk
from .pixels import Size, pixels_of, psnr
from .scene import PlacedObject, Scene, object_box, render
from .vocabulary import BACKGROUNDS, TIMES, WEATHERS

UNTOUCHED_BAR = {"strict": 22.0, "lenient": 18.0}
"""PSNR in decibels that an edit's untouched region should reach."""


@dataclass
class Program:
    """The program under test, with the options every render gets."""

    iris: Path
    options: list[str]
    folder: Path
    asked: Size | None = None
    count: int = 0

    def render(self, command: str, prompt: str, size: Size, images: list[Image.Image],
               options: Sequence[str] = ()) -> Image.Image:
        """Runs one command and reads its image; what is `asked` in another size is scaled."""
        self.count += 1
        output = self.folder / f"{self.count:04}.png"
        asked = self.asked or size
        arguments = [str(self.iris), command, "--size", f"{asked[0]}x{asked[1]}", "--quiet",
                     "--seed", str(self.count), "--output", str(output), *self.options, *options]
        for number, image in enumerate(images):
            path = self.folder / f"{self.count:04}-{number}.png"
            image.resize(asked, Image.Resampling.LANCZOS).save(path)
            arguments += ["--image", str(path)]
        subprocess.run([*arguments, "--", prompt], check=True, stdout=subprocess.DEVNULL)
        return Image.open(output).convert("RGB").resize(size, Image.Resampling.LANCZOS)


@dataclass
class Tally:
    """Answers per question."""

    answers: dict[str, list[float]] = field(default_factory=dict)

    def add(self, **answers: float | None) -> None:
        """Notes answers; questions that do not arise are `None`."""
        for name, answer in answers.items():
            if answer is not None:
                self.answers.setdefault(name, []).append(float(answer))

    def summary(self) -> dict[str, str]:
        """Each question's mean and how often it arose."""
        return {name: f"{sum(v) / len(v):.3f} of {len(v)}" for name, v in self.answers.items()}


class Questions:
    """The judge's questions about one image."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    @torch.no_grad()
    def object_at(self, image: Image.Image, placed: PlacedObject) -> tuple[int, int]:
        """The object that stands in a square, and its tint."""
        kind, tint = self._judge.square(pixels_of([crop(image, placed)]))
        return int(kind.argmax()), int(tint.argmax())

    @torch.no_grad()
    def setting_of(self, image: Image.Image) -> tuple[str, str]:
        """Background and time."""
        background, time, _ = self._judge.scene(pixels_of([shrunk(image, SCENE_SIDE)]))
        return BACKGROUNDS[int(background.argmax())], TIMES[int(time.argmax())]

    @torch.no_grad()
    def weather_of(self, image: Image.Image) -> str:
        """Weather."""
        return WEATHERS[int(self._judge.scene(pixels_of([shrunk(image, SCENE_SIDE)]))[2].argmax())]

    def shows(self, image: Image.Image, scene: Scene) -> bool:
        """Returns whether background and objects of an image are the scene's."""
        return (self.setting_of(image)[0] == scene.background
                and all(self.object_at(image, placed)[0] == placed.index
                        for placed in scene.objects))

    def tally(self, tally: Tally, image: Image.Image, scene: Scene, prefix: str = "") -> None:
        """Notes whether setting, objects and colours of an image are the scene's."""
        background, time = self.setting_of(image)
        tally.add(**{prefix + "background": background == scene.background,
                     prefix + "time": None if scene.background == "studio"
                     else time == scene.time})
        number = "several" if scene.of_a_kind else {1: "single", 2: "pair"}.get(len(scene.objects))
        for placed in scene.objects:
            index, tint = self.object_at(image, placed)
            tally.add(**{f"{prefix}{number}": index == placed.index,
                         f"{prefix}{placed.size} {number}": index == placed.index})
            if placed.tint is not None and index == placed.index:
                tally.add(**{prefix + "colour": tint == placed.tint})
        if empty := empty_place(scene, *image.size, random.Random(scene.clouds)):
            tally.add(**{prefix + "nothing elsewhere": self.object_at(image, empty)[0] == NOTHING})


def untouched(edit: Edit, size: Size, image: Image.Image) -> float | None:
    """PSNR to the source where source and target renders agree; `None` if that is nowhere."""
    images = (render(edit.references[0], *size), render(edit.target, *size), image)
    source, target, result = (np.asarray(one) for one in images)
    same = (source == target).all(-1)
    return psnr(source[same], result[same]) if same.mean() >= 0.02 else None


def edit_happened(questions: Questions, edit: Edit, image: Image.Image) -> bool:
    """Returns whether the asked change is there: another time over the same scene, another object where
    the first is gone, another colour of the same object."""
    background, time = questions.setting_of(image)
    if edit.kind == "time":
        return time == edit.target.time and questions.shows(image, edit.target)
    if edit.kind == "weather":
        return (questions.weather_of(image) == edit.target.weather
                and questions.shows(image, edit.target))
    index, tint = questions.object_at(image, edit.replacement or edit.subject)
    if edit.kind == "remove":
        return index == NOTHING
    if edit.kind == "background":
        return background == edit.target.background
    if edit.kind == "recolour":
        return (index, tint) == (edit.successor.index, edit.successor.tint)
    if edit.kind == "replace":
        boxes = {object_box(one, *image.size) for one in (edit.subject, edit.successor)}
        left = len(boxes) > 1 and questions.object_at(image, edit.subject)[0] == edit.subject.index
        return index == edit.successor.index and not left
    return index == edit.subject.index


def report(program: Program, what: str, size: Size, **tallies: dict[str, str]) -> None:
    """Prints one JSON line: what was scored, of which size and how it was asked for."""
    asked = program.asked or size
    line = {"what": what, "size": f"{size[0]}x{size[1]}", "asked": f"{asked[0]}x{asked[1]}",
            "options": " ".join(program.options)}
    print(json.dumps(line | tallies), flush=True)
