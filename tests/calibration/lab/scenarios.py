"""All truths that are simulated, by name."""

from __future__ import annotations

from lab.families import families
from lab.margins import margins
from lab.nulls import nulls
from lab.planted import power_scenarios
from lab.studies import Scenario

PLANTED: dict[str, Scenario] = {scenario.name: scenario for scenario in power_scenarios()}
"""Those whose runs come from the simulator behind `vistab plan`."""

SCENARIOS: dict[str, Scenario] = {
    **{scenario.name: scenario for scenario in (*nulls(), *margins(), *families())},
    **PLANTED,
}
