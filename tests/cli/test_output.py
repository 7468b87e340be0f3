"""What `--json` prints."""

import json
import math

from vistab.cli import main
from vistab.cli.output import print_json
from vistab.results.numbers import plain


def test_a_document_has_ten_digits_a_number_and_null_for_none(capsys):
    print_json({"effect": 1 / 3, "interval": (0.1 + 0.2, math.inf)})
    assert json.loads(capsys.readouterr().out) == {
        "effect": 0.3333333333,
        "interval": [0.3, None],
    }


def test_values_of_a_plan_are_those_of_the_study(write, capsys):
    """To the last digit: they are looked up in the tables of results."""
    path = write(
        "study: tiny\ntarget: {kind: ring}\nfamily: {kind: gan}\n"
        "axes: {optimizer.learning_rate: {log: [1e-4, 1e-2], n: 4}}\n"
    )
    assert main(["plan", str(path), "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)
    rates = {run["assignment"]["optimizer.learning_rate"] for run in planned["runs"]}
    assert rates == {1e-4, 0.000464158883361, 0.00215443469003, 1e-2}


def test_what_is_only_rounding_off_0_is_0(capsys):
    """No two kinds of processors leave the same residual of an equation that holds."""
    assert main(["theory", "--json"]) == 0
    checks = json.loads(capsys.readouterr().out)
    assert plain(checks) == checks
    sizes = [abs(check[name]) for check in checks for name in ("left", "right", "residual")]
    assert not [size for size in sizes if 0 < size < 1e-12]
