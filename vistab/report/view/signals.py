"""The training signals that reports show, and what they are called in each family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Signal:
    """A column of the history, what a reader calls it, and whether its axis is a log axis."""

    column: str
    title: str
    log: bool = False


SIGNALS = (
    Signal("displacement", "displacement of G(z) per round", log=True),
    Signal("discriminator_loss", "discriminator loss"),
    Signal("generator_loss", "generator loss"),
    Signal("encoder_loss", "encoder loss"),
    Signal("decoder_loss", "decoder loss"),
    Signal("autoencoder_loss", "loss of encoder and decoder"),
    Signal("accuracy_real", "accuracy of D on real samples"),
    Signal("accuracy_fake", "accuracy of D on generated samples"),
    Signal("encoder_scale", "mean standard deviation of p(z|x)", log=True),
    Signal("decoder_scale", "mean standard deviation of q(x|z)", log=True),
    Signal("discriminator_gradient_norm", "gradient norm of D", log=True),
    Signal("generator_gradient_norm", "gradient norm of G", log=True),
    Signal("encoder_gradient_norm", "gradient norm of E", log=True),
    Signal("decoder_gradient_norm", "gradient norm of the decoder", log=True),
    Signal("autoencoder_gradient_norm", "gradient norm of E and G", log=True),
)
"""Shown in this order, where they exist."""

TITLES: Mapping[str, Mapping[str, str]] = {
    "aae": {
        "displacement": "displacement of E(x) per round",
        "accuracy_real": "accuracy of D on prior latents",
        "accuracy_fake": "accuracy of D on codes",
    },
    "ali": {
        "generator_loss": "loss of encoder and generator",
        "accuracy_real": "accuracy of D on encoder pairs",
        "accuracy_fake": "accuracy of D on generator pairs",
        "generator_gradient_norm": "gradient norm of E and G",
    },
}
"""By family, titles that differ from the ones above."""


def signals_of(kind: str) -> tuple[Signal, ...]:
    """The signals under the names that they have in this family."""
    titles = TITLES.get(kind, {})
    return tuple(replace(one, title=titles.get(one.column, one.title)) for one in SIGNALS)
