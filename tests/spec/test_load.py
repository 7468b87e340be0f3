# ruff: noqa: E501 - messages read better whole
"""What load_study takes, what it makes of it, and how it refuses the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal

import pytest
import yaml
from pydantic import PositiveInt

from vistab.errors import Problem, StudyError
from vistab.plan import make_plan
from vistab.spec.base import STACKS
from vistab.spec.families import FamilySpec
from vistab.spec.load import load_study, study_document, study_text
from vistab.spec.study import Study

Load = Callable[..., Study]
Refused = Callable[..., tuple[Problem, ...]]
Edited = Callable[[Mapping[str, str]], str]

MINIMAL = "study: tiny\ntarget: {kind: ring}\nfamily: {kind: gan}\n"


def lines_of(text: str, part: str) -> int:
    """The 1-based line of the first occurrence of `part`."""
    return text[: text.index(part)].count("\n") + 1


class TestDefaults:
    """What need not be said."""

    def test_three_keys_make_a_study(self, load: Load) -> None:
        """study, target and family are all that is required."""
        study = load(MINIMAL)
        assert (study.title, study.replicates, study.seed, study.alpha) == ("Tiny", 10, 0, 0.05)
        assert (study.max_runs, study.resources.pack) == (20_000, "auto")
        assert len(make_plan(study).arms) == 1

    @pytest.mark.parametrize("key", ["study", "target", "family"])
    def test_each_of_the_three_is_required(self, problems: Refused, key: str) -> None:
        """A missing one is reported under its own name."""
        text = "\n".join(line for line in MINIMAL.splitlines() if not line.startswith(key))
        (problem,) = problems(text)
        assert (problem.path, problem.line) == (key, 1)
        assert problem.rule.startswith("is required")

    @pytest.mark.parametrize(("rounds", "snapshots"), [(10, 10), (40, 40), (1200, 40)])
    def test_snapshots_default_to_forty_or_rounds(
        self, load: Load, rounds: int, snapshots: int
    ) -> None:
        """The default of snapshots is min(40, rounds)."""
        assert load(MINIMAL + f"budget: {{rounds: {rounds}}}").budget.snapshots == snapshots

    def test_integers_stand_for_floats_and_whole_floats_for_integers(self, load: Load) -> None:
        """5 equals 5.0, in values, axes and selectors."""
        study = load(
            "study: tiny\ntarget: {kind: ring, modes: 8.0, radius: 2}\nfamily: {kind: gan}\n"
            "axes: {family.regularizer.weight: [0, 5]}\n"
            "claims: [{id: A, says: s, kind: rate, treatment: {family.regularizer.weight: 5.0},"
            " control: {family.regularizer.weight: 0.0}, expect: lower}]"
        )
        assert (study.target.modes, study.target.radius) == (8, 2.0)  # type: ignore[attr-defined]
        assert [type(value) for value in study.axes["family.regularizer.weight"]] == [float, float]
        assert study.claims[0].treatment == {"family.regularizer.weight": 5.0}  # type: ignore[attr-defined]


class TestRoundTrip:
    """A loaded study written down and loaded again."""

    def test_the_document_reads_back_to_an_equal_study(self, load: Load, valid: str) -> None:
        """study.yaml of a results folder is the study, with nothing left to defaults."""
        study = load(valid)
        assert load(study_text(study)) == study
        assert study_document(load(study_text(study))) == study_document(study)

    def test_ranges_zips_and_lists_read_back(self, load: Load) -> None:
        """Expanded ranges, zip groups and list-valued axes survive the round trip."""
        study = load(
            MINIMAL + "title: '1e-3'\n"
            "axes: {optimizer.learning_rate: {log: [1e-4, 1e-2], n: 5}}\n"
            "zip: [{family.network.width: [32, 64], optimizer.betas: [[0, 0.9], [0.5, 0.999]]}]\n"
        )
        assert study.axes["optimizer.learning_rate"] == (
            0.0001,
            0.000316227766017,
            0.001,
            0.00316227766017,
            0.01,
        )
        assert study.title == "1e-3"
        assert load(study_text(study)) == study


SIMPLE = [
    # (edit, the line's text after the edit, path, words of the message)
    ({"study: small": "study: Small one"}, "study: S", "study", "nearest: small_one"),
    ({"replicates:": "replicate:"}, "replicate:", "replicate", "unknown key, 8 got; nearest: replicates"),
    ({"modes: 8": "mods: 8"}, "mods", "target.mods", "nearest: modes"),
    ({"kind: ring": "kind: rink"}, "rink", "target.kind", "one of ring, grid, mixture, digits, mnist5k, stacked_digits, image_folder, hub, 'rink' got; nearest: ring"),
    ({"kind: gan": "kind: [gan]"}, "[gan]", "family.kind", "must be one of em, vae, gan"),
    ({"kind: gan": "kind: my.module:Mine"}, "my.mod", "family.kind", "'my.module:Mine' got"),
    ({"modes: 8": "modes: 1"}, "modes: 1", "target.modes", "must be at least 2, 1 got; nearest: 2"),
    ({"modes: 8": "modes: 2000"}, "modes", "target.modes", "at most 1000, 2000 got; nearest: 1000"),
    ({"modes: 8": "modes: '8'"}, "modes", "target.modes", "must be a whole number, '8' got"),
    ({"modes: 8": "modes: true"}, "modes", "target.modes", "must be a whole number, true got"),
    ({"modes: 8": "modes: 8.5"}, "modes", "target.modes", "must be a whole number, 8.5 got"),
    ({"modes: 8": "std: 0"}, "std", "target.std", "must be more than 0, 0 got"),
    ({"generator_steps: 2": "batch_norm: 1"}, "batch_norm: 1", "family.batch_norm", "true or false, 1 got"),
    ({"generator_steps: 2": "batch_norm: no"}, "batch_norm: no", "family.batch_norm", "true or false, 'no' got"),
    ({"generator_steps: 2": "network: 3"}, "network", "family.network", "must be a mapping (key: value), 3 got"),
    ({"generator_steps: 2": "loss: minmax"}, "loss", "family.loss", "nearest: minimax"),
    ({"rounds: 100": "rounds: 30, snapshots: 31"}, "rounds", "budget.snapshots", "at most rounds, which is 30, 31 got"),
    ({"alpha: 0.05": "alpha: 0.6"}, "alpha", "alpha", "at most 0.5, 0.6 got; nearest: 0.5"),
    ({"alpha: 0.05": "alpha: 0"}, "alpha", "alpha", "must be more than 0"),
    ({"pack: auto": "pack: 0"}, "pack", "resources.pack", "must be auto or more than 0, 0 got; nearest: 1"),
    ({"pack: auto": "gpus_per_pack: -1"}, "gpus", "resources.gpus_per_pack", "nearest: 0"),
    ({"replicates: 8": "replicates: 1"}, "replicates", "replicates", "must be at least 2"),
    ({"alpha: 0.05": "max_runs: 100"}, "max_runs", "max_runs", "has 33 arms x 8 replicates = 264 runs, more than max_runs, 100 got"),
    # axes
    ({"[1, 2, 5]": "[1, 2, 0]"}, "[1, 2, 0]", "axes.family.generator_steps[2]", "more than 0"),
    ({"[false, true]": "[false, 1]"}, "[false, 1]", "axes.family.batch_norm[1]", "must be true or false"),
    ({"[1e-3, 2e-3]": "[1e-3, '2e-3']"}, "optimizer.l", "axes.optimizer.learning_rate[1]", "must be a number"),
    ({"[1e-3, 2e-3]": "[1e-3, 0.001]"}, "optimizer.l", "axes.optimizer.learning_rate[1]", "repeated"),
    ({"[1e-3, 2e-3]": "[]"}, "optimizer.l", "axes.optimizer.learning_rate", "a list of at least one value"),
    ({"[1e-3, 2e-3]": "0.001"}, "optimizer.l", "axes.optimizer.learning_rate", "a list of at least one value"),
    ({"optimizer.learning_rate": "optimizer.learning_rat"}, "optimizer.l", "axes.optimizer.learning_rat", "nearest: optimizer.learning_rate"),
    ({"optimizer.learning_rate: [1e-3, 2e-3]": "family.network: [1]"}, "family.network", "axes.family.network", "is a section, not a field"),
    ({"optimizer.learning_rate: [1e-3, 2e-3]": "target.kind: [grid]"}, "target.kind", "axes.target.kind", "cannot be swept"),
    ({"optimizer.learning_rate: [1e-3, 2e-3]": "budget.rounds: [9]"}, "budget.rounds", "axes.budget.rounds", "cannot be swept"),
    ({"optimizer.learning_rate: [1e-3, 2e-3]": "seed: [1, 2]"}, "  seed", "axes.seed", "cannot be swept"),
    # zip
    ({"zip: []": "zip: [{target.std: [1, 2], target.radius: [1]}]"}, "zip", "zip[0]", "equally many values: target.std has 2, target.radius has 1"),
    ({"zip: []": "zip: [{target.std: [1, 1], target.radius: [2, 2]}]"}, "zip", "zip[0]", "repeated"),
    ({"zip: []": "zip: [{family.batch_norm: [true]}]"}, "zip", "zip[0].family.batch_norm", "is an axis already"),
    ({"zip: []": "zip: {a: 1}"}, "zip", "zip", "must be a list"),
    # named arms
    ({"name: quarter": "name: Quarter"}, "Quarter", "arms[0].name", "nearest: quarter"),
    ({"generator_scale: 0.25": "generator_scale: 0"}, "name: q", "arms[0].set.optimizer.generator_scale", "more than 0"),
    ({"set: {optimizer.generator_scale": "set: {optimizer.generator_scal"}, "name: q", "arms[0].set.optimizer.generator_scal", "nearest: optimizer.generator_scale"),
    ({"exclude:\n": "  - {name: quarter}\nexclude:\n"}, "  - {name: quarter}", "arms[1].name", "another arm has this name"),
    ({"exclude:\n": "  - {name: q, set: {optimizer.generator_scale: 0.25}}\nexclude:\n"}, "  - {name: q,", "arms[1]", "same settings as arm quarter"),
    ({"family.generator_steps: 2}}": "family.generator_steps: 2}, axes: {family.generator_steps: [1]}}"}, "name: q", "arms[0].axes.family.generator_steps", "set by this arm already"),
    # exclude
    ({"regularizer.weight: 1}": "regularizer.weight: 2}"}, "  - {family.generator_steps: 1", "exclude[0].family.regularizer.weight", "lacks this value, 2 got; nearest: 1"),
    ({"regularizer.weight: 1}": "regularizer.wait: 1}"}, "  - {family.generator_steps: 1", "exclude[0].family.regularizer.wait", "nearest: family.regularizer.weight"),
    ({"claims:": "  - {family.generator_steps: 1, family.regularizer.weight: 1}\nclaims:"}, "claims", "exclude[1]", "drops nothing"),
    ({"claims:": "  - {}\nclaims:"}, "  - {}", "exclude[1]", "leaves nothing"),
]  # fmt: skip


class TestRefusals:
    """What is wrong, where, and what would be right."""

    @pytest.mark.parametrize(("edit", "line", "path", "words"), SIMPLE)
    def test_one_slip_makes_one_message(
        self,
        edited: Edited,
        problems: Refused,
        edit: Mapping[str, str],
        line: str,
        path: str,
        words: str,
    ) -> None:
        """File, line, dotted path, rule, value and nearest choice; and no message about anything else."""
        text = edited(edit)
        found = problems(text)
        assert [problem.path for problem in found] == [path], "\n".join(map(str, found))
        assert words in str(found[0])
        expected = lines_of(text, line) - (line == "claims")  # an entry put before `claims`
        assert found[0].line == expected
        assert str(found[0]).startswith(f"{found[0].file}:{expected}: {path}: ")

    def test_problems_of_all_stages_come_out_together_in_file_order(
        self, edited: Edited, problems: Refused
    ) -> None:
        """YAML, types, axes, arms, exclusions and claims: one run shows them all."""
        text = edited(
            {
                "modes: 8": "modes: 8, modes: 9",
                "generator_steps: 2": "batch_nrom: true",
                "[1, 2, 5]": "[1, 2, 5, 5]",
                "generator_scale: 0.25": "generator_scale: -1",
                "treatment: {family.regularizer.weight: 5}": "treatment: {family.regularizer.weight: 0}",
                "kind: trend": "kind: trent",
                "alpha: 0.05": "alpha: 2",
                "replicates: 8": "replicates: 1",
            }
        )
        found = problems(text)
        assert [problem.path for problem in found] == [
            "target.modes",
            "family.batch_nrom",
            "replicates",
            "axes.family.generator_steps[3]",
            "arms[0].set.optimizer.generator_scale",
            "claims[1].control",
            "claims[2].kind",
            "alpha",
        ]
        assert [problem.line for problem in found] == sorted(problem.line or 0 for problem in found)

    def test_fields_that_the_family_does_not_use_cannot_be_swept(self, problems: Refused) -> None:
        """Arms that differ in them alone would be the same; setting them in a section is fine."""
        em = "study: s\ntarget: {kind: ring}\nfamily: {kind: em}\noptimizer: {kind: sgd}\n"
        swept = (
            "optimizer.learning_rate: [1, 2], budget.batch_size: [8, 16], family.components: [8]"
        )
        found = problems(
            f"{em}axes: {{{swept}}}\narms: [{{name: a, set: {{optimizer.kind: sgd}}}}]"
        )
        assert [problem.path for problem in found] == [
            "axes.optimizer.learning_rate",
            "axes.budget.batch_size",
            "arms[0].set.optimizer.kind",
        ]
        for problem in found[:2]:
            assert problem.rule == "names a field that this family does not use"

    def test_a_misspelt_axis_is_not_held_against_the_claims(
        self, edited: Edited, problems: Refused
    ) -> None:
        """Claims that name the axis rightly are not refused because the axis is misspelt."""
        text = edited({"  family.regularizer.weight:": "  family.regularizer.weigth:"})
        paths = [problem.path for problem in problems(text)]
        assert paths == ["axes.family.regularizer.weigth"]

    def test_a_wrong_arm_is_not_held_against_the_claims_that_name_it(
        self, edited: Edited, problems: Refused
    ) -> None:
        """`{arm: Quarter}` adds no message to the one about the name; placeholders never show."""
        sides = (
            "treatment: {family.regularizer.weight: 5}\n    control: {family.regularizer.weight: 0}"
        )
        text = edited(
            {
                "name: quarter": "name: Quarter",
                f"{sides}\n    within": "treatment: {arm: Quarter}\n"
                "    control: {family.regularizer.weight: 0}\n    within",
                f"{sides}\n    across": "treatment: {arm: other}\n"
                "    control: {family.regularizer.weight: 0}\n    across",
            }
        )
        found = problems(text)
        assert [problem.path for problem in found] == ["arms[0].name", "claims[3].treatment.arm"]
        assert "placeholder" not in str(found[1])

    @pytest.mark.parametrize("text", ["", "- a\n", "axes: {a: [1\n"])
    def test_of_a_file_that_cannot_be_read_nothing_else_is_said(
        self, problems: Refused, text: str
    ) -> None:
        """Not that study, target and family are missing from it too."""
        (problem,) = problems(text)
        assert problem.path == "study file"

    def test_choices_that_the_rule_lists_are_not_listed_twice(
        self, edited: Edited, problems: Refused
    ) -> None:
        """A nearest choice stands there only if one is near."""
        (problem,) = problems(edited({"generator_steps: 2": "loss: wgan"}))
        assert str(problem).endswith("must be one of non_saturating, minimax, 'wgan' got")

    def test_a_kind_by_itself_is_shown_how_to_be_written(self, problems: Refused) -> None:
        """`family: gan` is what most people try first."""
        (problem,) = problems("study: s\ntarget: {kind: ring}\nfamily: gan\n")
        assert str(problem).endswith(
            "must be a mapping with kind: one of em, vae, gan, aae, ali, 'gan' got; write {kind: gan}"
        )

    def test_the_error_carries_its_problems_as_lines(self, write: Callable[[str], Path]) -> None:
        """The message of StudyError is one line a problem."""
        with pytest.raises(StudyError) as caught:
            load_study(write("study: X\nfoo: 1\n"))
        assert str(caught.value).splitlines() == [str(p) for p in caught.value.problems]
        assert caught.value.exit_code == 2


class TestMaxRuns:
    """The guard against grids that are large by mistake."""

    def test_a_grid_far_beyond_memory_is_refused_with_its_size(self, problems: Refused) -> None:
        """The product is refused without being listed."""
        axes = ", ".join(
            f"{path}: {{linear: [1, 1000], n: 1000}}"
            for path in (
                "target.radius",
                "target.std",
                "optimizer.learning_rate",
                "family.latent_dim",
            )
        )
        (problem,) = problems(MINIMAL + f"axes: {{{axes}}}")
        assert "1,000,000,000,000 arms x 10 replicates = 10,000,000,000,000 runs" in problem.rule
        assert problem.path == "max_runs"

    def test_raising_max_runs_admits_the_grid(self, load: Load) -> None:
        """Just the stated number is enough."""
        text = MINIMAL + "replicates: 2\naxes: {target.radius: {linear: [1, 9], n: 9}}\n"
        assert len(make_plan(load(text + "max_runs: 18")).runs) == 18

    def test_excluded_arms_do_not_count(self, load: Load) -> None:
        """A large grid of which little is left is admitted."""
        text = MINIMAL + (
            "replicates: 2\nmax_runs: 4\naxes: {target.radius: [1, 2], family.batch_norm:"
            " [false, true]}\nexclude: [{target.radius: 1}]"
        )
        assert len(make_plan(load(text)).runs) == 4


class MineFamily(FamilySpec):
    """A user's family with one field that stacks and one that splits."""

    kind: Literal["mine.module:Mine"]
    strength: Annotated[float, STACKS] = 1.0
    layers: PositiveInt = 2


class TestUsersFamilies:
    """Families named as package.module:Name."""

    TEXT = "study: tiny\ntarget: {kind: grid}\nfamily: {kind: 'mine.module:Mine'}\n"

    def test_their_fields_are_checked_and_swept_like_others(self, load: Load) -> None:
        """A user's spec model makes its fields part of the study language."""
        families = {"mine.module:Mine": MineFamily}
        text = self.TEXT + "axes: {family.strength: [1, 2], family.layers: [1, 2]}"
        plan = make_plan(load(text, families=families))
        assert len(plan.arms) == 4
        assert len({len(pack.runs) for pack in plan.packs}) == 1

    def test_their_problems_are_reported_like_others(self, problems: Refused) -> None:
        """Unknown keys have a nearest one."""
        text = self.TEXT.replace("Mine'}", "Mine', layer: 2}")
        (problem,) = problems(text, families={"mine.module:Mine": MineFamily})
        assert problem.nearest == "nearest: layers"


def test_the_document_is_plain_data(load: Load, valid: str) -> None:
    """Any YAML writer can write it."""
    assert yaml.safe_load(yaml.safe_dump(study_document(load(valid)))) is not None


@pytest.mark.parametrize("key", ["optimizer", "budget", "resources", "axes", "arms", "claims"])
def test_a_section_without_content_is_refused_by_name(problems: Refused, key: str) -> None:
    """`claims:` with nothing below it is null, which no section is."""
    (problem,) = problems(MINIMAL + f"{key}:\n")
    assert (problem.path, problem.value) == (key, "null")
