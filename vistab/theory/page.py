"""The documentation page of the theory, made from what the checks give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import getdoc
from types import ModuleType

from vistab.theory.check import Check, show, show_residual
from vistab.theory.equations import EQUATIONS

OPENING = """\
# The theory, checked

[Variational Inference: A Unified Framework of Generative Models and Some
Revelations](https://arxiv.org/abs/1807.05936) derives EM, VAE, GAN, AAE and ALI from one principle:
minimise the KL between two joints. `vistab theory` checks each of its equations by numbers where
that can be exact, and ends with exit code 1 if one does not hold; `--json` prints the same as data.
This page is made from what that command computes, by `make docs`.

Letters: x data, z latent, y binary label, p~(x) the data distribution, G generator (z to x), E
encoder (x to z), D discriminator (probability of y = 1), q(z) = N(0, I) the prior, theta the
generator's parameters. A superscript o marks the previous stage's frozen copy.
"""

CARE = """\
## Where care is needed

Every equation holds as stated. The following hold only under conditions that are easy to overlook,
and one step of the argument, from E16 to E17, does not hold.

- **E17 drops a term that is not small.** The paper drops both extra terms of E16 as GANs drop the
  second term of E8. For the generator's drift that is fair at small steps: its gradient is 0 at the
  start of a phase. The encoder's drift, `E_q log p^o(z|x) / p(z|x)`, is no KL divergence, and its
  gradient there is the whole gradient of KL(q||p) in the encoder. Without it, and with D optimal,
  the encoder's gradient is that of -2 JS: descending E17 drives the joints apart. Near the goal its
  direction is opposite to that of E16, E18 and E19, and encoder and generator that follow E17 leave
  the goal. Its generator's gradient is unharmed. In the ALI family `loss: vi` is E17 as stated;
  `extra_terms: true` adds what it drops, which makes it E16. With a
  discriminator that is not optimal, as in training, it may be otherwise: studies must find out.
- **E7 to E9 need densities.** p~ = q^o D* / (1 - D*) needs q^o > 0 wherever there are data, and E8
  and E9 need q to stay where q^o is. A generator whose samples lie on a curve or surface in a
  larger space has an infinite KL(q||q^o) after almost any step, not a quadratic one. E10 mends this
  by giving each sample a width s.
- **E10 is no limit.** lambda = 1/(2 s^2) grows without bound as s goes to 0; s, and so lambda, is a
  choice. The bound may be loose by any factor: it counts motion of samples along their own
  distribution, which hardly changes q.
- **E11** bounds E8 once its first term keeps the noise of width s too; leaving that out costs an
  error of order s^2.
- **E8, collapse** supposes that D has a single largest value. D = 1/2 everywhere prefers no q.
- **E14** supposes more than capacity: among the encoders that match the prior there must be one
  that can be inverted on the data. With less room in z than the data need, reconstruction and match
  are at odds; three points and two codes suffice to show it.
- **E5**: the likelihood cannot fall in exact phases. A floor added to the variances is not part of
  them, and may lower it.
"""


def page(sections: Mapping[ModuleType, Sequence[Check]]) -> str:
    """The page as Markdown, of what `run_checks` gives."""
    formulas = "\n".join(
        f"- **{number}**, {name}: `{formula}`" for number, (name, formula) in EQUATIONS.items()
    )
    parts = [
        *(OPENING, f"## The equations\n\n{formulas}\n", CARE),
        *(_section(section, checks) for section, checks in sections.items()),
    ]
    return "\n".join(parts)


def _section(section: ModuleType, checks: Sequence[Check]) -> str:
    title, _, setting = (getdoc(section) or "").partition("\n\n")
    rows = "\n".join(_row(check, how) for check, how in zip(checks, section.CHECKS, strict=True))
    header = "| | statement | left and right | residual of what is allowed | how it is checked |"
    return f"## {title.rstrip('.')}\n\n{setting}\n\n{header}\n|---|---|---|---|---|\n{rows}\n"


def _row(check: Check, how: Callable[[], Check]) -> str:
    sides = f"{show(check.left)} {check.relation} {show(check.right)}"
    residual = f"{show_residual(check.residual)} of {show_residual(check.tolerance)}"
    cells = (check.number, check.statement, sides, residual, " ".join((getdoc(how) or "").split()))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
