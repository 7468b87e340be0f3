"""Building arms: a row of values becomes the settings that a run is trained with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vistab.plan.model import Arm, column_value, digest
from vistab.spec.axes import SECTIONS, sections_of
from vistab.spec.grid import Row
from vistab.spec.settings import builders
from vistab.spec.study import Settings, Study


class ArmBuilder:
    """Builds the arms of one study; rows hold a value for each of `columns`."""

    def __init__(self, study: Study, columns: Sequence[str]) -> None:
        self._columns = columns
        self._evidence = study.evidence
        self._build = builders(sections_of(study), columns)

    def arm(self, row: Row, name: str | None) -> Arm:
        """The arm of a row. ValidationError if its values do not go together."""
        parts = {section: self._build[section].build(row) for section in SECTIONS}
        text = ",".join(f'"{section}":{parts[section].text}' for section in sorted(SECTIONS))
        models: dict[str, Any] = {section: part.model for section, part in parts.items()}
        # the parts are validated already
        settings = Settings.model_construct(None, **models, evidence=self._evidence)
        assignment = {c: column_value(v) for c, v in zip(self._columns, row, strict=True)}
        return Arm(f"a{digest('{' + text + '}')}", name, assignment, settings)
