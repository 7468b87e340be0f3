"""The verb that rules on a run of one's own: `detect`."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from vistab.cli.output import print_json
from vistab.cli.request import JsonOption
from vistab.errors import Problem, RequestError

if TYPE_CHECKING:
    from vistab.cli.samples import Seen
    from vistab.collapse.detect import Detection

_SIZE: Final = re.compile(r"([1-9]\d{0,4})[xX]([1-9]\d{0,4})")


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command(epilog="Example: vistab detect run.npz --reference real/ --html run.html")(detect)


def detect(
    context: typer.Context,
    samples: Annotated[
        Path,
        typer.Argument(
            metavar="SAMPLES",
            help="An .npz with rounds [T] and samples [T, n, ...]; or a folder with a subfolder of "
            "images, a grid of images or an .npy file for each step.",
        ),
    ],
    reference: Annotated[
        Path | None,
        typer.Option(metavar="REAL", help="Real samples: an .npz, an .npy or a folder of images."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a report that opens offline.")
    ] = None,
    tile: Annotated[
        str | None,
        typer.Option(
            metavar="HxW",
            help="Height x width of an image, where the reference has its pixels in a row.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Say whether a run of one's own collapsed, and when: from samples that it left."""
    from vistab.cli.detected import document, print_detection
    from vistab.cli.samples import Seen, read_run

    size, wrong = _read_size(tile)
    seen = Seen(read_run(samples, reference, size, [*wrong, *_wrong_place(html)]))
    detection = _detected(samples, seen)
    if html is not None:
        _write_page(html, detection, seen, samples, shlex.join(["vistab", *context.obj]))
    if json:
        print_json(document(detection, seen))
    else:
        print_detection(Console(highlight=False), detection, seen, html)


def _wrong_place(html: Path | None) -> list[Problem]:
    """What is wrong with the place for the report, told before there is work to lose."""
    if html is None or (html.parent.is_dir() and not html.is_dir()):
        return []
    value = "a folder" if html.is_dir() else f"no folder {html.parent}"
    return [Problem("--html", None, str(html), "must be a file in a folder that is there", value)]


def _read_size(tile: str | None) -> tuple[tuple[int, int] | None, list[Problem]]:
    """Height and width, or what is wrong with them."""
    given = _SIZE.fullmatch(tile or "")
    if given is not None:
        return (int(given[1]), int(given[2])), []
    rule = "must be HEIGHTxWIDTH, such as 28x28"
    return None, [] if tile is None else [Problem("--tile", None, "size", rule, tile)]


def _detected(samples: Path, seen: Seen) -> Detection:
    from vistab.cli.samples import SamplesError
    from vistab.collapse.detect import detect as rule_on_samples

    try:
        return rule_on_samples(seen.run.rounds, seen, seen.run.reference)
    except SamplesError:
        raise
    except (RequestError, ValueError) as error:
        raise RequestError(f"{samples}: {error}") from error


def _write_page(html: Path, detection: Detection, seen: Seen, samples: Path, command: str) -> None:
    from vistab.report.detection import Film, render_detection

    film = Film(tuple(seen.pictures), tuple(seen.pictures.values()), seen.run.shown)
    page = render_detection(
        detection,
        film,
        samples.name,
        seen.run.losses,
        command=command,
        compared=seen.run.compared,
    )
    try:
        html.write_text(page, encoding="utf-8")
    except OSError as error:
        raise RequestError(f"--html: {html} cannot be written: {error.strerror}") from error
