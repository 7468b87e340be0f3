"""What `vistab plan` says of power, to people and in JSON."""

from __future__ import annotations

import json

import pytest

SIDES = "treatment: {family.regularizer.weight: 5}, control: {family.regularizer.weight: 0}"
STUDY = f"""
study: claimed
target: {{kind: ring, modes: 4}}
family: {{kind: gan, generator_steps: 2}}
budget: {{rounds: 1200}}
replicates: 24
axes:
  family.regularizer.weight: [0, 5]
  optimizer.learning_rate: [1e-3, 2e-3, 4e-3]
claims:
  - {{id: first.by_a_wide_margin, says: s, kind: rate, expect: lower, margin: 0.4, {SIDES}}}
  - {{id: small, says: s, kind: rate, expect: lower, margin: 0.02, {SIDES}}}
  - {{id: bare, says: s, kind: rate, expect: lower, {SIDES}}}
  - {{id: harmless, says: s, kind: rate, expect: not_higher, margin: 0.45, {SIDES},
     assume: {{control: 0.05}}}}
  - {{id: rare, says: s, kind: rate, expect: lower, margin: 0.1, {SIDES},
     assume: {{control: 0.05}}}}
  - {{id: same, says: s, kind: identical, vary: family.regularizer.weight}}
"""


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """planned(*words, width): what `vistab plan` prints of the study; each way once.

    Simulated once for all, a quarter of the studies: how power is told does not turn on digits.
    """
    from vistab.analysis import power
    from vistab.cli import main

    folder = tmp_path_factory.mktemp("planned")
    (folder / "claimed.yaml").write_text(STUDY)
    printed: dict[tuple[str, ...], str] = {}
    simulated: dict[str, power.Power] = {}
    power_of = power.power_of

    def once(plan, claim):
        if claim.id not in simulated:
            simulated[claim.id] = power_of(plan, claim, n_studies=power.N_STUDIES // 4)
        return simulated[claim.id]

    def plan(capsys, monkeypatch, *words: str, width: int = 80) -> str:
        key = (*words, str(width))
        if key not in printed:
            monkeypatch.setenv("COLUMNS", str(width))
            monkeypatch.setattr(power, "power_of", once)
            assert main(["plan", str(folder / "claimed.yaml"), *words]) == 0
            printed[key] = capsys.readouterr().out
        return printed[key]

    return plan


@pytest.fixture
def rows(planned, capsys, monkeypatch):
    """The power table's rows by claim: their cells."""
    table = planned(capsys, monkeypatch).split("\npower")[1]
    cells = [
        [cell.strip() for cell in line.split("  ") if cell.strip()] for line in table.splitlines()
    ]
    return {row[0]: row[1:] for row in cells if row}


def test_json_has_each_claims_power_and_what_it_rests_on(planned, capsys, monkeypatch):
    document = json.loads(planned(capsys, monkeypatch, "--json"))
    claims = {claim["id"]: claim for claim in document["claims"]}
    sure = claims["first.by_a_wide_margin"]
    assert sure["power"] > 0.9
    assert sure["power_at"] == 0.4
    assert sure["level"] == pytest.approx(0.05 / 4)
    assert 2 < sure["replicates_for_80"] < 24
    assert 0 <= sure["power_standard_error"] < 0.02
    assert sure["assume"] == {"control": 0.5, "correlation": 0.5}
    assert claims["harmless"]["assume"] == {"control": 0.05, "correlation": 0.5}
    assert (claims["harmless"]["power_at"], claims["harmless"]["level"]) == (0.0, 0.05)
    assert claims["small"]["replicates_for_80"] is None
    for name in ("bare", "rare", "same"):
        assert claims[name]["power"] is None
        assert claims[name]["replicates_for_80"] is None
        assert claims[name]["power_reason"]


@pytest.mark.parametrize("width", [80, 120])
def test_every_line_fits_and_no_row_is_broken(planned, capsys, monkeypatch, width):
    out = planned(capsys, monkeypatch, width=width)
    table = out.split("\npower")[1].split("Power:")[0]
    assert all(len(line) <= width for line in table.splitlines())
    ids = [line.split()[0] for line in table.split("─ \n")[1].splitlines() if line.strip()]
    assert ids == [
        line.split("id: ")[1].split(",")[0] for line in STUDY.splitlines() if "id:" in line
    ]


def test_the_table_says_what_is_true_and_how_often_it_is_found(rows):
    effect, power, enough, p = rows["first.by_a_wide_margin"]
    assert effect == "0.4 lower"
    assert power.endswith(" %")
    assert 2 < int(enough) < 24
    assert p == "1.2e-07"
    effect, power, *beyond = rows["small"]
    assert (effect, *beyond) == ("0.02 lower", "> 200", "1.2e-07")
    assert float(power.strip("< %")) < 5
    assert rows["bare"] == ["no margin", "-", "-", "1.2e-07"]
    assert rows["harmless"][0] == "none, margin 0.45"
    assert rows["same"] == ["exact", "-", "-", "-"]


def test_lines_below_say_what_power_is_what_was_assumed_and_why_there_is_none(
    planned, capsys, monkeypatch
):
    out = " ".join(planned(capsys, monkeypatch).split())
    assert (
        "studies of 24 replicates that would support the claim if this were the true effect" in out
    )
    assert "its p must not exceed 0.0125: 0.05 over 4 claims, at worst (Holm)." in out
    assert (
        "Simulated with assume: control 0.5, correlation 0.5 (first.by_a_wide_margin, small); "
        "control 0.05, correlation 0.5 (harmless)."
    ) in out
    assert (
        "rare has no power to tell: a share of 0.05 cannot fall by 0.1; set assume.control" in out
    )
    assert "bare has no power" not in out


def test_a_study_without_margins_says_so(vistab):
    out = " ".join(vistab("plan", "tiny.yaml").out.split())
    assert "No power to tell: a claim has one at its margin" in out
    assert "Simulated" not in out


def test_claims_that_go_by_the_interval_alone_need_no_p(vistab, edit):
    edit("expect: lower", "expect: not_higher, margin: 0.9")
    out = vistab("plan", "tiny.yaml").out
    assert "Power: the share" in out
    assert "its p" not in out


def test_check_simulates_nothing(vistab, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("check is to be quick")

    monkeypatch.setattr("vistab.analysis.power.power_of", refuse)
    assert vistab("check", "tiny.yaml").code == 0
