"""The page as a reader gets it: complete, self-contained, and true to the verdicts."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from vistab.analysis.verdict import Verdict
from vistab.report import render, words
from vistab.report.page import breakable, exact
from vistab.report.view.layout import Column, Layout, left_out
from vistab.spec.load import load_study
from vistab.spec.study import Study

VOID_ELEMENTS = {"meta", "link", "br", "input", "hr", "img", "wbr"}
MEGABYTE = 1_000_000


class Outline(HTMLParser):
    """Checks nesting while reading; collects headings, ids, links and sources."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID_ELEMENTS:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href", "srcset", "action"):
                self.links.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID_ELEMENTS:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)


def outline(html: str) -> Outline:
    """Parse and check that every element is closed."""
    parser = Outline()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def card(html: str, claim: str) -> str:
    """The text of a claim's card, tags dropped."""
    found = re.search(rf'<article[^>]* id="claim-{re.escape(claim)}".*?</article>', html, re.S)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found.group()).split())


def test_the_page_is_well_formed_with_headings_in_order(html: str) -> None:
    page = outline(html)
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    steps = zip(page.headings, page.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps)
    assert len(page.ids) == len(set(page.ids))


def test_nothing_is_loaded_and_every_link_has_its_target(html: str) -> None:
    page = outline(html)
    assert all(link.startswith(("#", "data:,")) for link in page.links)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert not re.search(r"@import|url\((?!#)|https?://(?!www\.w3\.org/2000/svg)", html)


def test_the_forest_links_each_claim_to_its_card(html: str, verdicts: tuple[Verdict, ...]) -> None:
    page = outline(html)
    for verdict in verdicts:
        assert f"#claim-{verdict.id}" in page.links
        assert f"claim-{verdict.id}" in page.ids


def test_each_card_tells_the_verdicts_words_and_numbers(
    html: str, verdicts: tuple[Verdict, ...]
) -> None:
    for verdict in verdicts:
        told = card(html, verdict.id)
        assert verdict.says in told
        assert verdict.sentence in told
        assert f"{verdict.verdict} " in told
        if verdict.verdict != "void":
            summary = told.split("Every number")[0]
            assert words.effect(verdict) in summary
            assert verdict.p_holm is None or words.p_value(verdict.p_holm) in summary
            for expected in (
                words.effect(verdict),
                exact(verdict.effect),
                "none" if verdict.p_holm is None else words.p_value(verdict.p_holm),
                f"{verdict.n_replicates}, {verdict.n_cells}, {verdict.n_cells_left_out}",
            ):
                assert expected in told
        if verdict.interval:
            assert words.interval(verdict) in told
            assert f"{exact(verdict.interval[0])} to {exact(verdict.interval[1])}" in told


def test_numbers_of_a_card_come_from_its_verdict_alone(
    html: str, verdicts: tuple[Verdict, ...]
) -> None:
    """Rate card: every number shown is one of the verdict's, as it is or in points."""
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    body = card(html, "rate")
    shown = set(
        re.findall(
            r"\u2212?\d+(?:,\d{3})*(?:\.\d+)?", body.split("Every number")[1].split("Runs")[0]
        )
    )
    known = {rate.effect, *(rate.interval or ()), rate.p, rate.p_holm, rate.margin, 95}
    known |= {rate.n_replicates, rate.n_cells, rate.n_cells_left_out}
    for control in rate.details["controls"]:
        known |= {control["treatment_mean"], control["control_mean"], control["effect"]}
        for row in control["by_replicate"]:
            known |= set(row.values())
    allowed = {exact(value) for value in known} | {
        words.p_value(rate.p),
        words.p_value(rate.p_holm),
    }
    assert shown <= allowed


def test_post_hoc_claims_bear_a_band_and_others_do_not(
    html: str, verdicts: tuple[Verdict, ...]
) -> None:
    for verdict in verdicts:
        band = "This claim was not declared, as it stands, before the data."
        assert (band in card(html, verdict.id)) == verdict.post_hoc


def test_the_band_of_a_post_hoc_claim_does_not_stutter_with_its_sentence(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    """The judge has put "Post hoc: " before the sentence; the band says what that means."""
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    late = replace(rate, post_hoc=True, sentence="Post hoc: With it, 4 % of runs failed.")
    shown = card(render(study, (late,), results), "rate").split("Test, assumptions")[0]
    assert late.sentence in shown
    assert shown.lower().count("post hoc") == 1


def test_it_is_told_what_claims_are_corrected_with(html: str) -> None:
    told = " ".join("".join(outline(html).text).split())
    assert "Declared claims are corrected among all that were declared" in told
    assert "still counts, as p = 1" in told
    assert "Post hoc claims are corrected over all claims" in told


def test_a_score_among_healthy_runs_tells_who_was_left_out(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    (control,) = rate.details["controls"]
    left_out = {"failed": {"treatment": 0.125, "control": 0.75}, "n_healthy_cells": 17}
    details = {**rate.details, "controls": [{**control, **left_out}]}
    scored = replace(rate, kind="score", unit="final_coverage", details=details)
    told = card(render(study, (scored,), results), "rate")
    assert "failed runs, left out above" in told
    assert "treatment 12 %" in told
    assert "control 75 %" in told
    assert "failed, control 0.75" in told
    assert "cells with healthy runs on both sides 17" in told


def test_inconclusive_claims_say_what_would_settle_them(html: str) -> None:
    assert "Would settle it about 23" in card(html, "rivals")


def test_numbers_of_replicates_past_a_hundred_are_rounded_as_in_the_sentence(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    rivals = next(verdict for verdict in verdicts if verdict.id == "rivals")
    page = render(study, (replace(rivals, replicates_needed=222),), results)
    assert "Would settle it about 230" in card(page, "rivals")


def test_claims_of_equivalence_are_to_stay_between_two_lines(
    study: Study, results: Any, verdicts: tuple[Verdict, ...], html: str
) -> None:
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    told = replace(rate, kind="equivalence", expect=None, unit="final_prior_mismatch", effect=0.012)
    page = render(study, (told,), results)
    assert "between its two dashed lines" in page
    assert "between its two dashed lines" not in html
    assert "Effect 0.012 95 %" in card(page, "rate")


def test_void_claims_say_why(html: str) -> None:
    told = card(html, "lost")
    assert "3 planned runs are missing" in told
    assert "95 % interval " not in told.split("Every number")[0]


def test_each_of_several_controls_has_its_own_verdict(html: str) -> None:
    assert card(html, "rivals").count("Against generator scale 0.") == 3


def test_how_it_was_done_is_told(html: str, results: Any) -> None:
    told = " ".join("".join(outline(html).text).split())
    for expected in (
        f"{len(results.runs)} runs planned",
        "(E6)",
        "(E11)",
        results.provenance["command"],
        results.provenance["trained_hash"],
        'vistab.results.load("reports/synthetic")',
        "Declared, but no longer made: gone",
        "How to cite",
    ):
        assert expected in told


def test_intervals_are_named_by_the_level_of_the_study(
    study: Study, verdicts: tuple[Verdict, ...], results: Any
) -> None:
    """1 - alpha, as in the verdicts' own sentences."""
    page = render(study.model_copy(update={"alpha": 0.1}), verdicts, results)
    assert "90 % interval" in page


def test_users_text_cannot_become_markup(
    results: Any, verdicts: tuple[Verdict, ...], synthetic: Any
) -> None:
    make_study, *_, lose = synthetic
    evil = "<script>alert(1)</script>"
    study = make_study(title=evil)
    broken = lose(results, results.runs.index[:2], "crashed", f"</script>{evil}")
    html = render(study, verdicts, broken)
    assert evil not in html
    assert "&lt;script&gt;alert(1)" in html
    assert outline(html).open == []


@pytest.mark.parametrize("status", ["crashed", "missing"])
def test_a_study_that_lost_every_run_still_has_a_report(
    status: str, study: Study, results: Any, verdicts: tuple[Verdict, ...], synthetic: Any
) -> None:
    *_, lose = synthetic
    void = tuple(verdict for verdict in verdicts if verdict.verdict == "void")
    html = render(study, void, lose(results, results.runs.index, status, "Boom"))
    page = outline(html)
    assert "What was lost" in html
    assert "happened" not in page.ids
    assert "strips" not in page.ids


def test_lost_runs_are_listed_with_their_error(
    study: Study, results: Any, verdicts: tuple[Verdict, ...], synthetic: Any
) -> None:
    *_, lose = synthetic
    html = render(study, verdicts, lose(results, results.runs.index[:3], "crashed", "Boom: why"))
    told = "".join(outline(html).text)
    assert "3 runs crashed, pack p0123456789" in told
    assert "Boom: why" in told


def test_a_study_without_claims_reports_what_happened(study: Study, results: Any) -> None:
    html = render(study.model_copy(update={"claims": ()}), (), results)
    page = outline(html)
    assert "No claims were declared" in html
    assert "verdicts" not in page.ids
    assert "happened" in page.ids


def test_a_target_without_known_modes_leaves_out_what_needs_them(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    history = results.history.drop(columns=["coverage", "displacement"])
    html = render(study, verdicts, replace(results, history=history, strips={}))
    page = outline(html)
    assert "strips" not in page.ids
    assert "Coverage over rounds" not in html


OTHERS = {
    "nothing is swept": "{}",
    "one continuous axis": "{optimizer.learning_rate: [1e-3, 1e-2]}",
    "words alone": "{family.loss: [minimax, non_saturating]}",
    "pairs of numbers": "{optimizer.betas: [[0.5, 0.9], [0.0, 0.9]], family.latent_dim: [2, 8]}",
    "five axes": "{optimizer.learning_rate: [1e-3, 1e-2], family.latent_dim: [2, 8],"
    " family.batch_norm: [false, true], family.loss: [minimax, non_saturating],"
    " family.regularizer.weight: [0, 1, 5]}",
}


@pytest.mark.parametrize("axes", OTHERS.values(), ids=OTHERS.keys())
@pytest.mark.parametrize(
    "target", ["{kind: grid, side: 2}", "{kind: mixture, centres: [[0, 0, 0], [1, 1, 1]]}"]
)
def test_any_sweep_of_any_target_has_a_report(
    axes: str, target: str, tmp_path: Path, synthetic: Any
) -> None:
    _, make_results, *_ = synthetic
    path = tmp_path / "other.yaml"
    text = f"{{study: other, target: {target}, family: {{kind: gan}}, axes: {axes}, replicates: 2}}"
    path.write_text(text)
    study = load_study(path)
    page = outline(render(study, (), make_results(study)))
    assert {"happened", "runs", "method"} <= set(page.ids)
    assert "0/2" in page.text or "1/2" in page.text or "2/2" in page.text  # the maps have cells
    assert ("strips" in page.ids) == ("grid" in target)


def test_without_scripts_every_run_is_in_a_plain_table(html: str, results: Any) -> None:
    found = re.search(r"<noscript>.*?</noscript>", html, re.S)
    assert found
    assert all(f"<td>{run_id}</td>" in found.group() for run_id in results.runs["run_id"])


@pytest.mark.slow
def test_a_report_of_750_runs_and_40_snapshots_is_under_3_megabytes(
    synthetic: Any,
) -> None:
    make_study, make_results, make_verdicts, _ = synthetic
    study = make_study(replicates=12, snapshots=40)
    results = make_results(study)
    html = render(study, make_verdicts(results), results)
    assert len(results.runs) >= 750
    assert len(html.encode()) <= 3 * MEGABYTE


def test_a_claims_id_breaks_in_the_forest_after_its_separators_alone(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    assert breakable("C9.no-break_at<") == "C9.<wbr>no-<wbr>break_<wbr>at&lt;"
    named = replace(verdicts[0], id="warm_up.fixed")
    page = render(study, (named,), results)
    assert '<span class="id">warm_<wbr>up.<wbr>fixed</span>' in page


def test_a_control_is_named_as_axes_and_values_are_elsewhere() -> None:
    label = "family.loss = 'non_saturating', family.extra_terms = false"
    assert words.control_name(label) == "loss non saturating, extra terms off"


def test_the_numbers_of_each_replicate_are_a_row(html: str) -> None:
    """A row a replicate fits a phone and paper at any number of replicates."""
    table = re.search(r"<table>.*?</table>", html.split('id="claim-rate"')[1], re.S)
    assert table is not None
    rows = re.findall(r"<tr>(.*?)</tr>", table.group(), re.S)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]
    assert cells[0] == ["replicate", "treatment", "control", "effect"]
    assert cells[1] == ["mean", "0.4625", "0.8745", "\u22120.412"]
    assert [row[0] for row in cells[2:]] == ["0", "1", "2", "3"]
    assert cells[2][1:] == ["0.5", "0.9", "\u22120.4"]


def outside_folds(html: str) -> str:
    """The page without what a reader has to unfold."""
    return re.sub(r"<details.*?</details>", "", html, flags=re.S)


def test_a_quarrel_of_verdict_and_bar_is_explained_under_the_forest_and_on_the_card(
    study: Study, results: Any, verdicts: tuple[Verdict, ...], html: str
) -> None:
    """Where it is seen without unfolding anything."""
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    held = replace(rate, interval=(-0.8, 0.1))
    page = outside_folds(render(study, (held,), results))
    forest = page.split('<section class="forest"')[1].split("</section>")[0]
    assert "rate is supported though its bar holds 0." in forest
    assert "The interval holds 0: it has to be right" in card(page, "rate")
    assert "though" not in html.split('<section class="forest"')[1].split("</section>")[0]


def test_a_card_tells_below_its_interval_what_replicates_did(html: str) -> None:
    assert "Lower in 4 of 4 replicates (p 0.014)." in card(outside_folds(html), "rate")
    assert "in 4 of 4 replicates" not in card(html, "lost")


def test_a_card_shows_the_authors_note_and_where_there_was_no_room(
    study: Study, results: Any, verdicts: tuple[Verdict, ...], html: str
) -> None:
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    room = "all runs of both sides failed with batch norm: there was no room to show a benefit"
    full = replace(rate, details={**rate.details, "no_room": [room]})
    noted = [
        claim.model_copy(update={"note": "One small ring <alone>."})
        if claim.id == "rate"
        else claim
        for claim in study.claims
    ]
    page = outside_folds(
        render(study.model_copy(update={"claims": tuple(noted)}), (full,), results)
    )
    told = card(page, "rate")
    assert "The authors&#8217; note. One small ring &lt;alone&gt;." in told
    assert f"{room[0].upper()}{room[1:]}." in told
    assert "authors" not in card(html, "rate")
    said = replace(full, sentence=f"With it fewer failed. Here {room}.")
    assert card(render(study, (said,), results), "rate").count(room[1:]) == 1


def test_a_supported_card_says_whether_the_margin_itself_is_shown(
    study: Study, results: Any, verdicts: tuple[Verdict, ...], html: str
) -> None:
    assert "At least 10 points shown" in card(html, "rate")
    rate = next(verdict for verdict in verdicts if verdict.id == "rate")
    short = render(study, (replace(rate, interval=(-0.5, -0.05)),), results)
    assert "At least 10 points not shown" in card(short, "rate")


def test_each_control_shows_its_word_beside_its_own_corrected_p(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    """Which is what the word goes by."""
    rivals = next(verdict for verdict in verdicts if verdict.id == "rivals")
    controls = [
        {**one, "p": 0.031, "p_holm": p, "verdict": word}
        for one, p, word in zip(
            rivals.details["controls"],
            (0.031, 0.31, 0.04),
            ("supported", "inconclusive", "supported"),
            strict=True,
        )
    ]
    told = card(
        render(study, (replace(rivals, details={"controls": controls}),), results), "rivals"
    )
    for scale, word, p in ((0.5, "supported", "0.031"), (0.25, "inconclusive", "0.31")):
        assert f"Against generator scale {scale} : {word} (p {p}, corrected)" in told


def test_what_curves_and_strips_leave_out_is_said(html: str, study: Study) -> None:
    """Two of four weights are compared; named arms have strips but no curves."""
    weights = "Left out here: regularizer weight 1 and 20"
    arms = "the named arms half step, quarter step and tenth step"
    happened = html.split('id="happened"')[1].split("</section>")[0]
    strips = html.split('id="strips"')[1].split("</section>")[0]
    assert f"{weights} and {arms}; the table of all runs has them." in happened
    assert f"{weights}; the table of all runs has them." in strips
    alone = left_out(Layout(Column("a.b", (0, 5)), None, (), (0, 5)))
    assert alone == ""


def test_the_numbers_of_a_card_are_those_of_the_control_that_its_sentence_is_about(
    study: Study, results: Any, verdicts: tuple[Verdict, ...]
) -> None:
    """The least favourable of three is the third here, also in the fold and in survival curves."""
    onset = next(verdict for verdict in verdicts if verdict.kind == "onset")
    (one,) = onset.details["controls"]
    first = {
        **one,
        "label": "family.regularizer.weight 1",
        "effect": 900.0,
        "interval": [800.0, 1000.0],
        "restricted_mean": {"treatment": 1111.0, "control": 222.0},
    }
    last = {**one, "effect": 529.0, "interval": [310.0, 702.0]}
    page = render(study, (replace(onset, details={"controls": [first, last]}),), results)
    told = card(page, "onset")
    assert "restricted mean, treatment 931.5" in told
    assert "1,111" not in told.split("By replicate")[0]
    assert "Against regularizer weight 0, one of several controls." in page
