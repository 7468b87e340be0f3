import re
from pathlib import Path

from vistab.spec.targets import TARGETS

PAGE = (Path(__file__).parents[2] / "docs" / "targets.md").read_text()


def test_code_on_the_targets_page_runs() -> None:
    for block in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(block, {})


def test_every_kind_stands_on_the_page_with_its_fields_and_defaults() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", PAGE, flags=re.MULTILINE))
    assert rows.keys() == TARGETS.keys()
    for kind, spec in TARGETS.items():
        for name, field in spec.model_fields.items():
            default = "" if field.is_required() or field.default is None else f" ({field.default})"
            assert name == "kind" or f"`{name}`{default}" in rows[kind]
