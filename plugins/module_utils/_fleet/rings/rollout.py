# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the site playbook does in each ring, from the predictions of the modules. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ..._core.changes import action_of
from ..._core.options import Params
from ..._core.results import Result
from ..._core.text import split_option

Ring = Params  # an element of device_trust_preflight's `rings`


@dataclass(frozen=True)
class Predictions:
    """Results of the modules in check mode, empty for a part that this run leaves out."""

    scep: Params = field(default_factory=dict)
    settings: Params = field(default_factory=dict)
    okta_verify: Params = field(default_factory=dict)


@dataclass(frozen=True)
class RingPlan:
    """What changes in one ring.

    :arg okta_verify: the names of the blueprints to which Okta Verify is assigned.
    """

    name: str
    number: int
    scep_profile: bool = False
    settings: bool = False
    okta_verify: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether anything changes."""
        return self.scep_profile or self.settings or bool(self.okta_verify)

    @property
    def is_gated(self) -> bool:
        """Whether the gate of the ring itself comes before its Okta Verify."""
        return self.settings or bool(self.okta_verify)

    def as_result(self, ring: Ring) -> Result:
        """Return the ring with what changes in it, as the site playbook goes through it."""
        return {
            "ring": dict(ring),
            "number": self.number,
            "scep_profile": self.scep_profile,
            "okta_verify": self.is_gated,
        }

    def describe(self, ring: Ring, needs_gate: bool) -> str:
        """Return a line for people."""
        steps = []
        if self.scep_profile:
            profile = ring["scep_profile"]
            item = profile.get("name") or f"library item {profile.get('library_item')}"
            steps.append(f"SCEP profile '{item}'")
        if self.settings:
            steps.append(f"profile '{ring['settings_profile']['name']}'")
        if self.okta_verify:
            steps.append(f"Okta Verify on {', '.join(self.okta_verify)}")
        macs = ", ".join(ring["test_macs"])
        if needs_gate and macs:
            steps.insert(1 if self.scep_profile else 0, f"gate with {macs}")
        return f"  ring {self.name}: {'; '.join(steps)}"


def plan_rings(rings: Sequence[Ring], predictions: Predictions) -> list[RingPlan]:
    """Return what changes in each ring, in the order of the rings."""
    assigned = set(predictions.okta_verify.get("assigned_to") or ())
    return [
        RingPlan(
            name=ring["name"],
            number=number,
            scep_profile=_is_changed(predictions.scep, number),
            settings=_is_changed(predictions.settings, number),
            okta_verify=tuple(
                blueprint["name"] for blueprint in ring["blueprints"] if blueprint["id"] in assigned
            ),
        )
        for number, ring in enumerate(rings)
    ]


def _is_changed(prediction: Params, number: int) -> bool:
    profiles = prediction.get("profiles") or ()
    return number < len(profiles) and bool(profiles[number]["changed"])


def predicted_profiles(rings: Sequence[Ring], predictions: Predictions) -> Result:
    """Return the name of each ring -> its SCEP profile as kandji_scep_profile predicts it."""
    profiles = predictions.scep.get("profiles") or ()
    return {ring["name"]: profile for ring, profile in zip(rings, profiles)}


def needed_gates(plans: Sequence[RingPlan]) -> list[int]:
    """Return the numbers of the rings whose gate the run needs.

    That of a ring comes before its own app and before the profile of the next ring.
    """
    before_next = {plan.number - 1 for plan in plans if plan.scep_profile}
    return [plan.number for plan in plans if plan.is_gated or plan.number in before_next]


def gates_to_check(plans: Sequence[RingPlan]) -> list[RingPlan]:
    """Return the rings whose gate can be checked before anything is written.

    The profile of the ring stays as it is, so that its gate may have passed already.
    """
    needed = needed_gates(plans)
    return [plan for plan in plans if plan.number in needed and not plan.scep_profile]


def describe_plan(
    rings: Sequence[Ring],
    plans: Sequence[RingPlan],
    predictions: Predictions,
    permissions: Mapping[str, str],
) -> list[str]:
    """Return the plan in lines: ring by ring, Macs reached, and permissions nobody checked.

    :arg permissions: action -> the permission of the write. That of "gate" is needed in any case.
    """
    if not any(plan.is_changed for plan in plans):
        return ["Nothing to deploy: profiles and Okta Verify are as they should be in all rings."]
    lines = [f"Plan, in this order{_count_macs(predictions.scep.get('macs_touched') or {})}:"]
    gated = set(needed_gates(plans))
    lines += [
        plan.describe(rings[plan.number], plan.number in gated)
        for plan in plans
        if plan.is_changed or (plan.number in gated and rings[plan.number]["test_macs"])
    ]
    unchecked = {"gate", *map(action_of, _changes(predictions))}
    names = sorted(permissions[action] for action in unchecked & permissions.keys())
    lines.append(f"  Only a write can check these permissions: {', '.join(names)}.")
    return lines


def _count_macs(touched: Params) -> str:
    if not any(touched.values()):
        return ""
    return (
        f" ({touched.get('new', 0)} Macs get a SCEP profile for the first time,"
        f" {touched.get('reissue', 0)} a new certificate, {touched.get('removed', 0)} lose it)"
    )


def _changes(predictions: Predictions) -> list[str]:
    """Return all changes in words."""
    parts = (predictions.scep, predictions.settings, predictions.okta_verify)
    return [change for part in parts for change in part.get("changes") or ()]


def collect_problems(results: Sequence[Params]) -> tuple[list[str], list[str]]:
    """Return the problems and the console steps of results, each once.

    A failed module explains itself in `problems`, else in `msg`. What it says of the `name` of one
    of its entries may be there of a variable.
    """
    problems: dict[tuple[str, str], str] = {}
    steps: dict[str, None] = {}
    for result in results:
        for problem in map(str, result.get("problems") or _message(result)):
            option, text = split_option(problem)
            texts = {known for name, known in problems if name}
            if option not in ("", "name") or text not in texts:
                problems.setdefault((option, text), problem)
        steps.update(dict.fromkeys(map(str, result.get("console_steps") or ())))
    return list(problems.values()), list(steps)


def _message(result: Params) -> list[str]:
    message = result.get("msg")
    return message if isinstance(message, list) else [message] if message else []


def find_test_mac_problems(rings: Sequence[Ring], gated: Collection[int] | None) -> list[str]:
    """Return what is wrong with the test Macs of rings whose gate the run needs.

    :arg gated: the numbers of these rings. None is all of them: nobody knows what changes.
    """
    return [
        problem
        for number, ring in enumerate(rings)
        if gated is None or number in gated
        for problem in ring.get("test_mac_problems") or ()
    ]


def describe_test_macs(rings: Sequence[Ring], gated: Collection[int]) -> list[str]:
    """Return a line for each test Mac that delays this run, or would prevent a later one."""
    return [
        f"  {line}"
        for number, ring in enumerate(rings)
        for kind in (
            "silent_test_macs" if number in gated else "test_mac_problems",
            "unregistrable_test_macs",
        )
        for line in ring.get(kind) or ()
    ]


def find_outdated_pins(stages: Params, authority: Params) -> list[str]:
    """Return a problem if profiles pin a CA certificate that the SCEP endpoint does not return.

    :arg stages: the result of device_trust_info.
    :arg authority: the result of okta_device_integration.
    """
    returned = authority.get("ca_certificates") or ()
    valid = {certificate[kind] for certificate in returned for kind in ("sha1", "sha256")}
    rings = [
        profile["ring"]
        for profile in stages.get("profiles") or ()
        if profile.get("pinned_fingerprint") and profile["pinned_fingerprint"] not in valid
    ]
    if not valid or not rings:
        return []
    return [
        "The profiles of these rings pin a CA certificate that the SCEP endpoint does not return:"
        f" {', '.join(rings)}. No Mac can enroll with them. Set device_trust_ca_fingerprint to the"
        " fingerprint of its certificate, or to absent."
    ]


def describe_problems(problems: Sequence[str], steps: Sequence[str]) -> list[str]:
    """Return both lists in lines, with numbers."""
    lines = _numbered("Problems:", problems)
    return lines + _numbered("Steps in the console, in this order:", steps)


def _numbered(title: str, texts: Sequence[str]) -> list[str]:
    return [title, *(f"  {number}. {text}" for number, text in enumerate(texts, 1))] * bool(texts)


def count_problems(problems: Sequence[str], steps: Sequence[str]) -> str:
    """Return the sentence with which the task fails."""
    counts = [f"{len(problems)} problem{'s' * (len(problems) > 1)}"] * bool(problems)
    counts += [f"{len(steps)} step{'s' * (len(steps) > 1)} in the console"] * bool(steps)
    return f"Nothing was written. The list above has {' and '.join(counts)}."
