"""The commented study that `vistab new` writes."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from vistab.errors import RequestError
from vistab.spec import wording
from vistab.spec.study import Name

TEMPLATE = """\
# A study: what is trained, over which axes, and what is claimed of it beforehand.
# vistab check {name}.yaml     says everything that is wrong with this file
# vistab plan {name}.yaml      shows what would run and what each claim would compare
# vistab study {name}.yaml     plans, runs, judges and reports; run it again to resume

study: {name}                  # the name of the results folder
title: Does the incremental regularizer keep a GAN from collapsing?

target: {{kind: ring, modes: 8, radius: 1.0, std: 0.02}}

family:
  kind: gan                    # em, vae, gan, aae, ali, or package.module:Name of your own
  network: {{kind: mlp, width: 64, depth: 2}}
  generator_steps: 2           # optimiser steps of the generator in one round
  regularizer: {{weight: 0.0}}   # weight of the incremental term (mean squared error)

optimizer: {{kind: adam, learning_rate: 3e-3, betas: [0.5, 0.999]}}
budget: {{rounds: 800, batch_size: 64}}

replicates: 8                  # seeds per arm; a claim's test counts replicates, not runs
seed: 0

axes:                          # every combination of these values is an arm
  family.regularizer.weight: [0, 5]
  optimizer.learning_rate: [2e-3, 3e-3]

claims:                        # fix them before the first run: later changes are marked post hoc
  - id: C1
    says: With the regularizer fewer runs fail.
    kind: rate
    outcome: failed            # any outcome but healthy
    treatment: {{family.regularizer.weight: 5}}
    control: {{family.regularizer.weight: 0}}
    expect: lower
    margin: 0.1                # the smallest difference worth having
"""


def new_study(name: str, path: Path) -> None:
    """Write the template. RequestError if the name will not do or the file is there already."""
    _check(name)
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(TEMPLATE.format(name=name))
    except FileExistsError:
        raise RequestError(f"{path}: is there already; nothing was written") from None
    except OSError as error:
        raise RequestError(f"{path}: cannot be written: {error.strerror}") from None


def _check(name: str) -> None:
    """The name's rules are those of `study` in the file, so it cannot hold a folder either."""
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        rule = wording.rule([*error.errors()])
        raise RequestError(f"NAME: {rule}, {name!r} got") from None
