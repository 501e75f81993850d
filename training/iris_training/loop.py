"""The loop of every stage that trains: schedules, averages, resuming, progress."""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from .checkpoints import load, save
from .muon import Muon
from .run import Ranks, Run, wait_out_pause

Losses = tuple[torch.Tensor, Mapping[str, float]]
"""The loss that is minimised, and the step's figures for the journal."""


AVERAGED = {"model": "average", "encoder": "encoder_average"}
"""The modules that are averaged, and the names of their averages in a checkpoint."""

IGNORED = -100
"""A label that no loss looks at."""


def learning_rate_scale(step: int, steps: int, warmup: int = 60, decay: float = 0.35) -> float:
    """Linear warm-up, a plateau, then linear decay to 2 % over the last `decay` of the steps."""
    remaining = (steps - step) / max(1, steps * decay)
    return min(1.0, (step + 1) / warmup) * max(0.02, min(1.0, remaining))


def split(parameters: Iterable[tuple[str, nn.Parameter]],
          blocks: str) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Matrices whose names contain `blocks`, for Muon, and all other parameters."""
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, parameter in parameters:
        (matrices if parameter.ndim == 2 and blocks in name else others).append(parameter)
    return matrices, others


class Optimizers:
    """Muon for the weight matrices of the blocks, AdamW for everything else."""

    def __init__(self, matrices: Iterable[torch.Tensor], others: Iterable[torch.Tensor],
                 muon_rate: float, adam_rate: float, weight_decay: float = 0.0,
                 adam_decay: float = 0.0) -> None:
        self.parameters: list[torch.Tensor] = []
        self._parts: list[tuple[torch.optim.Optimizer, float]] = []
        self.add(matrices, others, muon_rate, adam_rate, weight_decay, adam_decay)

    def add(self, matrices: Iterable[torch.Tensor], others: Iterable[torch.Tensor],
            muon_rate: float, adam_rate: float, weight_decay: float = 0.0,
            adam_decay: float = 0.0) -> None:
        """Takes in parameters with rates of their own."""
        matrices, others = list(matrices), list(others)
        self.parameters += matrices + others
        if matrices:
            self._parts.append((Muon(matrices, muon_rate, weight_decay=weight_decay), muon_rate))
        adam = torch.optim.AdamW(others, adam_rate, betas=(0.9, 0.98), weight_decay=adam_decay)
        self._parts.append((adam, adam_rate))

    def step(self, ranks: Ranks, scale: float, clip: float = 1.0) -> None:
        """Averages and clips the gradients, applies them at `scale` times the base rates."""
        ranks.average_gradients(self.parameters)
        nn.utils.clip_grad_norm_(self.parameters, clip)
        for optimizer, rate in self._parts:
            for group in optimizer.param_groups:
                group["lr"] = rate * scale
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state(self) -> list[dict[str, Any]]:
        """The states of the optimizers, for a checkpoint."""
        return [optimizer.state_dict() for optimizer, _ in self._parts]

    def restore(self, states: list[dict[str, Any]]) -> None:
        """Takes up a checkpoint's state."""
        for (optimizer, _), state in zip(self._parts, states, strict=True):
            optimizer.load_state_dict(state)


class Average:
    """An exponential moving average of a module's parameters, quick at first."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.values = {k: v.detach().clone() for k, v in module.state_dict().items()}
        self._decay = decay

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Moves the average towards the module's present values."""
        weight = 1 - min(self._decay, 1 - 1 / (step / 4 + 1))
        current = module.state_dict()
        floating = [k for k, v in self.values.items() if v.is_floating_point()]
        torch._foreach_lerp_([self.values[k] for k in floating],
                             [current[k] for k in floating], weight)

    def restore(self, values: Mapping[str, torch.Tensor]) -> None:
        """Takes up a checkpoint's average."""
        for name, value in values.items():
            self.values[name].copy_(value)


class Stage:
    """A stage's resumable state: modules, optimizers and step, kept in one file of the run.

    With a `decay` it keeps an average of its model too, for stages whose average is what is used,
    and of a text encoder that learns beside it.
    """

    def __init__(self, run: Run, name: str, modules: dict[str, nn.Module], optimizers: Optimizers,
                 decay: float | None = None) -> None:
        self.run, self.name, self.path = run, name, run.path(f"{name}.pt")
        self.modules, self.optimizers, self.step = modules, optimizers, 0
        self.averages = {} if decay is None else {
            name: Average(modules[name], decay) for name in AVERAGED if name in modules}

    def resume(self) -> None:
        """Takes up the checkpoint, if there is one; exits where weights alone are in its place."""
        checkpoint = load(self.path)
        if checkpoint is None:
            return
        if "optimizers" not in checkpoint:
            raise SystemExit(f"{self.path} holds weights without a training state: rename it, and "
                             "give it as --initial where the stage has that")
        for name, module in self.modules.items():
            module.load_state_dict(checkpoint[name])
        self.optimizers.restore(checkpoint["optimizers"])
        self.step = checkpoint["step"]
        for name, average in self.averages.items():
            average.restore(checkpoint[AVERAGED[name]])

    def update(self, scale: float) -> None:
        """One optimizer step and its average, from the gradients at hand."""
        self.optimizers.step(self.run.ranks, scale)
        for name, average in self.averages.items():
            average.update(self.modules[name], self.step)
        self.step += 1

    def save(self) -> None:
        """Writes the checkpoint."""
        content = {name: module.state_dict() for name, module in self.modules.items()}
        content |= {AVERAGED[name]: average.values for name, average in self.averages.items()}
        save(self.path, {"step": self.step, "optimizers": self.optimizers.state(), **content})


class Means:
    """Running means of figures for the journal."""

    def __init__(self, keep: float) -> None:
        self.values: dict[str, float] = {}
        self._keep = keep

    def add(self, figures: Mapping[str, float]) -> None:
        """Moves each mean towards a new value."""
        for name, value in figures.items():
            before = self.values.get(name, value)
            self.values[name] = self._keep * before + (1 - self._keep) * value


def seeded(seed: int, ranks: Ranks, step: int) -> random.Random:
    """A source of this rank's choices from this step on; seeds torch alike."""
    rng = random.Random(f"{seed} of rank {ranks.index} from step {step}")
    torch.manual_seed(rng.getrandbits(63))
    return rng


class Journal:
    """A progress bar, and one JSON line per report in `<stage>.jsonl`."""

    def __init__(self, stage: Stage, name: str, steps: int, save_every: int) -> None:
        self._path = stage.run.path(f"{name}.jsonl")
        self._active = stage.run.ranks.is_first
        self._began = time.monotonic()
        self._every, self._steps = save_every, steps
        self._bar = tqdm(total=steps, initial=stage.step, desc=name, disable=not self._active,
                         mininterval=20, ncols=100)

    def advance(self) -> None:
        """Counts a step, after waiting out a pause."""
        wait_out_pause()
        self._bar.update(1)

    def is_due(self, step: int) -> bool:
        """True where this rank reports and saves after so many steps."""
        return self._active and (step % self._every == 0 or step == self._steps)

    def report(self, step: int, figures: Mapping[str, float]) -> None:
        """Notes figures beside the step and the seconds since this start."""
        line = {"step": step, "seconds": round(time.monotonic() - self._began, 1)}
        line |= {name: round(value, 4) for name, value in figures.items()}
        tqdm.write(json.dumps(line))
        with self._path.open("a") as file:
            file.write(json.dumps(line | {"clock": time.strftime("%H:%M:%S")}) + "\n")


class Loop:
    """Trains a stage from where its checkpoint ends to the number of steps that is asked for.

    `rng` makes this rank's choices, `common` those that all ranks make alike; `seed` is for whatever
    else draws on its own, and differs for each start so that a resumed stage repeats nothing.
    """

    def __init__(self, stage: Stage, arguments: argparse.Namespace, name: str | None = None, *,
                 warmup: int = 60, decay: float = 0.35, keep: float = 0.98) -> None:
        stage.resume()
        self._stage, self._steps = stage, arguments.steps
        self._warmup, self._decay = warmup, decay
        self.rng = seeded(arguments.seed, stage.run.ranks, stage.step)
        self.common = random.Random(f"{arguments.seed} of all from step {stage.step}")
        self.seed = arguments.seed + stage.step
        self._journal = Journal(stage, name or stage.name, arguments.steps, arguments.save_every)
        self._means = Means(keep)

    def train(self, losses: Callable[[], Losses],
              figures_on_report: Callable[[], Mapping[str, float]] = dict) -> None:
        """Takes the steps; more figures can be worked out for each report."""
        stage, journal = self._stage, self._journal
        while stage.step < self._steps:
            loss, figures = losses()
            loss.backward()
            stage.update(learning_rate_scale(stage.step, self._steps, self._warmup, self._decay))
            self._means.add(figures)
            journal.advance()
            if journal.is_due(stage.step):
                journal.report(stage.step, {**figures_on_report(), **self._means.values})
                stage.save()
