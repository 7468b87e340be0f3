"""The study as one frozen value: what load_study returns and everything else reads."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SerializeAsAny,
    ValidationInfo,
    field_validator,
)

from vistab.spec.base import NAME, PLACE, STACKS, Spec
from vistab.spec.claims import ClaimSpec
from vistab.spec.families import FamilySpec
from vistab.spec.search import ConfirmSpec, SearchSpec
from vistab.spec.targets import TargetSpec

Name = Annotated[str, Field(pattern=NAME, max_length=64)]
Beta = Annotated[float, Field(ge=0, lt=1)]


class OptimizerSpec(Spec):
    """The optimiser of every network. The generator's rate is learning_rate x generator_scale."""

    kind: Literal["adam", "sgd"] = "adam"
    learning_rate: Annotated[PositiveFloat, STACKS] = 1e-3
    betas: Annotated[tuple[Beta, Beta], STACKS] = (0.5, 0.999)
    generator_scale: Annotated[PositiveFloat, STACKS] = 1.0


class BudgetSpec(Spec):
    """How long and how large: rounds, samples per batch, snapshots, samples per snapshot."""

    rounds: PositiveInt = 1200
    batch_size: PositiveInt = 64
    snapshots: PositiveInt = Field(default_factory=lambda known: min(40, known["rounds"]))
    snapshot_samples: Annotated[int, Field(ge=100)] = 512

    @field_validator("snapshots")
    @classmethod
    def _one_a_round_at_most(cls, snapshots: int, info: ValidationInfo) -> int:
        rounds = info.data.get("rounds", snapshots)
        if snapshots > rounds:
            raise ValueError(f"must be at most rounds, which is {rounds}")
        return snapshots


class ResourcesSpec(Spec):
    """What one pack may take; never part of a study's identity.

    Packs train on a GPU if `gpus_per_pack` is above 0: at 0.25, four of them share one, which has
    `gpu_memory` GiB. `compile` has torch.compile make each program faster, after a minute or more.
    A checkpoint is written every `checkpoint_seconds`, and the last two are kept.
    """

    cpus_per_pack: PositiveFloat = 1
    gpus_per_pack: NonNegativeFloat = 0
    gpu_memory: PositiveFloat = 16
    pack: Literal["auto"] | PositiveInt = "auto"
    compile: bool = False
    checkpoint_seconds: PositiveFloat = 60


class EvidenceSpec(Spec):
    """What is measured of images beside the detector's signals: fidelity and diversity.

    features: where images are compared. `pixels`: principal axes of the pixels. `classifier`: the
    last hidden layer of a small classifier of digits. `inception`: the 2048 features of the
    Inception network that published numbers are computed in; `weights` is its file, if it is not to
    be looked for where torch-fidelity keeps it.
    """

    features: Literal["pixels", "classifier", "inception"] = "pixels"
    weights: Annotated[str | None, PLACE] = None


class Settings(Spec):
    """Every value that one run is trained with, but its replicate."""

    target: SerializeAsAny[TargetSpec]
    family: SerializeAsAny[FamilySpec]
    optimizer: OptimizerSpec
    budget: BudgetSpec
    evidence: EvidenceSpec | None = None


class NamedArm(Spec):
    """A named arm: the base values plus `set`, crossed with its own `axes`."""

    name: Name
    set: dict[str, Any] = {}
    axes: dict[str, tuple[Any, ...]] = {}


class Study(Spec):
    """A study, with every default filled in and every range expanded into values.

    The values of axes and selectors have the type of the field they name (a weight of 5 is 5.0).
    With a search, the arms are what it confirms, and `replicates` those of `confirm`.
    """

    study: Name
    title: str = Field(default_factory=lambda known: _title(known["study"]))
    target: SerializeAsAny[TargetSpec]
    family: SerializeAsAny[FamilySpec]
    optimizer: OptimizerSpec = OptimizerSpec()
    budget: BudgetSpec = BudgetSpec()
    evidence: EvidenceSpec | None = None
    replicates: PositiveInt = 10
    seed: NonNegativeInt = 0
    axes: dict[str, tuple[Any, ...]] = {}
    zip: tuple[dict[str, tuple[Any, ...]], ...] = ()
    arms: tuple[NamedArm, ...] = ()
    exclude: tuple[dict[str, Any], ...] = ()
    search: SerializeAsAny[SearchSpec] | None = None
    confirm: ConfirmSpec | None = None
    claims: tuple[SerializeAsAny[ClaimSpec], ...] = ()
    alpha: Annotated[float, Field(gt=0, le=0.5)] = 0.05
    max_runs: Annotated[int, Field(gt=0, le=1_000_000)] = 20_000
    resources: ResourcesSpec = ResourcesSpec()


def _title(name: str) -> str:
    """A title made from the study's name."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
