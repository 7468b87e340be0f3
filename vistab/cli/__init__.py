"""The command line. Verbs import what they need when they are called, so `--help` is quick.

Exit codes: 0 done, 1 failed while running, 2 the request is wrong, 130 interrupted (resumable).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, cast

import typer

from vistab.cli import detect, files, results, study, theory
from vistab.errors import Interrupted, VistabError

app = typer.Typer(
    help="Pre-registered stability studies of generative models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (study, files, results, detect, theory):
    module.add_to(app)

_UsageError: type[Any] = typer.BadParameter.__bases__[0]
"""Base of what typer raises for a command line it does not understand."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; problems go to stderr, one a line."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return cast(int | None, app(given, "vistab", standalone_mode=False, obj=given)) or 0
    except _UsageError as error:
        said = error.format_message()  # empty once help was shown for want of a verb
        return _fail(f"vistab: {said}" if said else "", 2)
    except VistabError as error:
        return _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted", Interrupted.exit_code)


def _fail(message: str, code: int) -> int:
    if message:
        print(message, file=sys.stderr)
    return code
