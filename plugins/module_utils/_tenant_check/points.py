# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The points of unverified vendor behaviour, and what was read of each in a tenant. Pure.

A new point is an entry of POINTS or of CANNOT_BE_READ. Their ids are those of
docs/dev/unverified-vendor-behaviour.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .answers import READ, SKIPPED, Material, ReadOutcome
from .kandji_points import KANDJI_POINTS
from .okta_points import OKTA_POINTS
from .point_type import Finding, Point

POINTS: tuple[Point, ...] = (*OKTA_POINTS, *KANDJI_POINTS)

_WRITE = "Only a write shows it."
_SIGN_IN = "Only a sign-in shows it, and what is around it is not known."
_EARLIER_POLICY = "Only a policy from before the org had flexible Okta Verify shows it."

# Points that no read can answer, with the reason.
CANNOT_BE_READ: dict[str, str] = {
    # Okta
    "delete_active_error": _WRITE,
    "repeated_lifecycle": _WRITE,
    "log_lag_seconds": "It takes an event of a known time, and a read makes none.",
    "record_before_certificate": (
        "The log does not tell the first certificate of a Mac from one that was re-issued."
    ),
    "registered_false": _WRITE,
    "users_and_groups": _SIGN_IN,
    "required_false": _SIGN_IN,
    "other_platforms": _SIGN_IN,
    "unregistered_assurance": _SIGN_IN,
    "user_verification": _SIGN_IN,
    "federated_password": _SIGN_IN,
    "unknown_group": _WRITE,
    "catch_all_changes": _WRITE,
    "rule_moves": _WRITE,
    "parallel_rule_writes": _WRITE,
    "delete_mapped_policy": _WRITE,
    "disabled_by_enrollment_policy": _SIGN_IN,
    "enrollment_never": "Only a registration shows it.",
    "unlisted_authenticator": "Only a registration shows it.",
    "uncollected_devices": _SIGN_IN,
    "ignored_fastpass": _SIGN_IN,
    "no_session_rule": _SIGN_IN,
    "entry_without_method": _EARLIER_POLICY,
    "translated_expressions": _EARLIER_POLICY,
    "expressions_hold": _SIGN_IN,
    "policy_description_length": _WRITE,
    "clone_rules": _WRITE,
    "second_clone_name": _WRITE,
    "hook_verification_authorized": "Only the verification of an event hook shows it.",
    "user_off_record": "No described operation does it.",
    "lifecycle_lag_seconds": _WRITE,
    "session_revocation_event": _WRITE,
    "groups_of_user": "It takes a person, and a group that the credentials may not view.",
    "unusable_account": _SIGN_IN,
    "reset_event_target": "It takes the reset of a secret key, and a read makes none.",
    "authority_id": "Only an authority that was renewed shows it.",
    "authority_organization": "The verification of the SCEP URL compares it.",
    "challenge_page_charset": "A request for the page uses up a challenge.",
    # Kandji
    "enrollment_options": "Only Okta Verify on a Mac shows it.",
    "similar_names": "It takes two items of similar names.",
    "one_per_node_types": _WRITE,
    "one_per_node_first": _WRITE,
    "unknown_tag": _WRITE,
    "script_log_length": "An output that was cut looks like one that is short.",
    "command_request_types": "Only a Mac that was locked or erased shows it.",
    "lock_state": "No answer says whether a Mac is locked.",
    "erase_pin": _WRITE,
    "removed_mdm_profile": "No answer says that the MDM profile of a Mac was removed.",
    "last_enrollment": "It takes a Mac that was erased, and no answer says that it was.",
    "mac_programs": "Only a Mac shows it.",
}


@dataclass(frozen=True)
class Answer:
    """What a tenant answers to a point.

    :arg state: answered, unseen (nothing that was read shows it) or unread.
    :arg outcome: how the read ended that the point needs, if it is not answered.
    """

    point: Point
    state: str
    finding: Finding = Finding(None)
    outcome: ReadOutcome = ReadOutcome(READ)


def answer_points(material: Material, points: Sequence[Point] = POINTS) -> list[Answer]:
    """Return the answer to each point, in the order of the points."""
    return [_answer(point, material) for point in points]


def _answer(point: Point, material: Material) -> Answer:
    finding = point.judge(material)
    if finding is not None:
        return Answer(point, "answered", finding)
    outcomes = [material.outcomes[name] for name in point.reads if name in material.outcomes]
    failed = [outcome for outcome in outcomes if outcome.state not in (READ, SKIPPED)]
    skipped = [outcome for outcome in outcomes if outcome.state == SKIPPED]
    if failed or not outcomes:
        return Answer(point, "unread", outcome=failed[0] if failed else ReadOutcome(SKIPPED))
    return Answer(point, "unseen", outcome=skipped[0] if skipped else ReadOutcome(READ))


def lab_switches(answers: Sequence[Answer]) -> dict[str, object]:
    """Return the positions of the lab's switches in which it behaves as the tenant does."""
    return {
        answer.point.id: answer.finding.position
        for answer in answers
        if answer.point.is_switch and answer.finding.position is not None
    }
