# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage of a Mac: one stage, one reason, one next step. Pure.

This is the only place that decides it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from .._core.errors import BadOption
from .._core.timestamps import parse_timestamp
from .._okta.constants import OBJECT_TIME_PRECISION
from .facts import (
    TIMELESS,
    AgeLimits,
    DeviceRecord,
    MacFacts,
    Obstacle,
    choose_record,
    estimate_expiry_of,
    explain_unknown_item_status,
    explain_unknown_status,
    find_earliest,
)
from .unconfirmed import explain_unconfirmed

# Who acts next: the Mac's user, time alone, an administrator, or nobody.
USER, TIME, ADMINISTRATOR, NOBODY = "user", "time", "administrator", "nobody"

# Stage -> who acts next, from the bottom to the top. Of OKTA_VERIFY_MISSING it is the user where
# only Self Service offers the app. Results, tables and gates use the names of stages.
ACTORS = {
    "OTHER_TENANT": NOBODY,
    "KANDJI_MISSING": ADMINISTRATOR,
    "NOT_IN_SCOPE": NOBODY,
    "NOT_ROLLED_OUT": NOBODY,
    "PROFILE_FAILED": ADMINISTRATOR,
    "PROFILE_PENDING": TIME,
    "CERTIFICATE_ABSENT": TIME,
    "CERTIFICATE_EXPIRED": ADMINISTRATOR,
    "NO_LICENSE": ADMINISTRATOR,
    "OKTA_VERIFY_MISSING": TIME,
    "NOT_REGISTERED": USER,
    "SUSPENDED": ADMINISTRATOR,
    "DEACTIVATED": ADMINISTRATOR,
    "REGISTERED_BEFORE_CERTIFICATE": USER,
    "REGISTERED_NOT_MANAGED": USER,
    "MIXED": USER,
    "MANAGED": NOBODY,
}
STAGES = tuple(ACTORS)
# Stages that end with time or by the Mac's user alone.
PEOPLE_STAGES = tuple(stage for stage in STAGES if ACTORS[stage] in (USER, TIME))
# Stages that need no next step.
QUIET_STAGES = tuple(stage for stage in STAGES if ACTORS[stage] == NOBODY)
NO_OBSTACLE = Obstacle(
    "It has a certificate and Okta Verify, but nobody has registered it with Okta.",
    "Its user opens Okta Verify and adds the account.",
)
READ_RECORD = "Look its record up in Okta (okta_device_info), and report the status."
# The stage CERTIFICATE_EXPIRED is only of Macs that lack nothing before it and that Okta does not
# treat as managed. The flag is of each Mac, so it also shows those that still count as managed.
FLAGS = (
    "DUPLICATE_RECORD",
    "ORPHAN",
    "SHARED_DEVICE",
    "STALE",
    "SERIAL_EMPTY",
    "COMPETING_CONFIGURATION",
    "CERTIFICATE_DUPLICATE",
    "CERTIFICATE_EXPIRING",
    "CERTIFICATE_EXPIRED",
)


@dataclass(frozen=True, slots=True)
class Classification:
    """The stage of a Mac, one reason and one next step.

    ``unconfirmed_reason`` is why only a read by id would confirm the stage, "" if nothing speaks
    against it.
    """

    stage: str
    reason: str
    next_step: str
    flags: tuple[str, ...] = ()
    unconfirmed_reason: str = ""


def classify(mac: MacFacts, limits: AgeLimits = TIMELESS) -> Classification:
    """Return the stage of a Mac.

    Managed in Okta outweighs everything; otherwise the first thing that is missing decides.
    """
    best = choose_record(mac.records)
    classification = (
        _judge_kandji(mac)
        or _judge_managed(best)
        or _judge_profile(mac)
        or _judge_certificate(mac, limits)
        or _judge_app(mac)
        or _judge_registration(mac, best)
    )
    return replace(
        classification,
        flags=find_flags(mac, limits),
        unconfirmed_reason=explain_unconfirmed(mac, classification.stage, limits),
    )


def _judge_kandji(mac: MacFacts) -> Classification | None:
    if mac.in_kandji:
        return None
    if mac.elsewhere:
        return Classification(
            "OTHER_TENANT",
            "Its serial number is declared to be of another Kandji tenant.",
            "Nothing here. The report of that tenant has it.",
        )
    known = (
        f"Kandji knows no Mac with its serial {mac.serial}"
        if mac.serial
        else "Its Okta record has no serial to find it by in Kandji"
    )
    return Classification(
        "KANDJI_MISSING",
        f"{known}.",
        "Enroll it in Kandji. If it no longer exists, delete its record (playbook reset_devices).",
    )


def _judge_managed(best: DeviceRecord | None) -> Classification | None:
    if best is None or not best.is_working:
        return None
    statuses = set(best.users.values())
    if statuses == {"MANAGED"}:
        return Classification(
            "MANAGED", "Okta shows it as managed for each of its users.", "Nothing."
        )
    if "MANAGED" in statuses:
        waiting = ", ".join(
            sorted(login for login, status in best.users.items() if status != "MANAGED")
        )
        if explain_unknown_status(best):
            return Classification("MIXED", explain_unknown_status(best), READ_RECORD)
        return Classification(
            "MIXED",
            f"Okta shows it as managed for some of its users, but not for {waiting}.",
            "The named user signs in once with Okta FastPass on this Mac.",
        )
    return None


def _judge_profile(mac: MacFacts) -> Classification | None:
    if mac.elsewhere:
        return Classification(
            "OTHER_TENANT",
            "Its blueprint is declared to be of another Okta org.",
            "Nothing here. The report of that org has it.",
        )
    if mac.ring is None:
        return Classification(
            "NOT_IN_SCOPE",
            "Its blueprint is in no ring.",
            "Nothing, or add its blueprint to a ring.",
        )
    if not mac.rolled_out:
        return Classification(
            "NOT_ROLLED_OUT",
            "Device trust is not rolled out to its ring yet: Kandji has no SCEP profile for it.",
            "Nothing. The site playbook rolls it out.",
        )
    if mac.profile_state == "failed":
        return Classification(
            "PROFILE_FAILED",
            "The SCEP profile could not be installed:"
            f" {mac.profile_log or 'Kandji gives no reason'}.",
            "Check SCEP URL and secret key, then request a check-in. If the secret key was reset in"
            " Okta, run the playbook rotate_scep_challenge.",
        )
    if mac.profile_state == "excluded":
        return Classification(
            "PROFILE_PENDING",
            "A node of its assignment map excludes it from the SCEP profile.",
            "Finish the redelivery whose tag excludes it (module kandji_profile_redelivery), or"
            " correct the conditions of the map in Kandji.",
        )
    if mac.profile_state != "installed":
        return Classification(
            "PROFILE_PENDING",
            explain_unknown_item_status(mac.profile_state, mac.profile_log, "the SCEP profile")
            or "The SCEP profile is not installed yet.",
            "Wait for its check-in (within 24 hours), or request one in Kandji.",
        )
    return None


def _judge_certificate(mac: MacFacts, limits: AgeLimits) -> Classification | None:
    if mac.unattested and not mac.has_certificate:
        return Classification(
            "CERTIFICATE_ABSENT",
            "Its certificate is of another authority than the one that attests management, as the"
            " certificate check on the Mac reports.",
            "Check the SCEP URL of its ring's profile: it must not be that of Device Access.",
        )
    if not mac.has_certificate:
        return Classification(
            "CERTIFICATE_ABSENT",
            (
                "The SCEP profile is installed, but its inventory shows no certificate of this Mac"
                " yet."
            ),
            "Wait for its next inventory (daily), then look for pki.cert.issue in the System Log.",
        )
    expiry = estimate_expiry_of(mac)[0]
    if expiry and limits.now and expiry <= limits.now:
        return Classification(
            "CERTIFICATE_EXPIRED",
            f"Its newest certificate expired on {expiry:%Y-%m-%d}.",
            "Redeliver its profile (a new generation of its ring), then it requests a certificate.",
        )
    return None


def _judge_app(mac: MacFacts) -> Classification | None:
    if mac.app_present or mac.app_state == "installed":
        return None
    if mac.app_state == "no_license":
        return Classification(
            "NO_LICENSE",
            "No license of Okta Verify is left for it.",
            "Buy licenses in Apple Business Manager (they are free).",
        )
    return Classification(
        "OKTA_VERIFY_MISSING",
        explain_unknown_item_status(mac.app_state, mac.app_log, "Okta Verify")
        or _explain_app(mac.app_state),
        _choose_app_step(mac.app_state),
    )


def _explain_app(state: str | None) -> str:
    reasons = {
        "failed": "Okta Verify could not be installed.",
        "self_service_only": (
            "Okta Verify is only offered in Self Service: the item's installation type is not"
            " Install and Continuously Enforce."
        ),
    }
    return reasons.get(str(state), "Okta Verify is not installed yet.")


def _choose_app_step(state: str | None) -> str:
    if state == "self_service_only":  # which no check-in installs
        return (
            "Its user installs Okta Verify in Self Service, or set the item's installation type to"
            " Install and Continuously Enforce in Kandji."
        )
    return "Wait for its check-in, or request one in Kandji."


def _judge_registration(mac: MacFacts, best: DeviceRecord | None) -> Classification:
    if best is None:
        obstacle = mac.obstacle or NO_OBSTACLE
        return Classification("NOT_REGISTERED", obstacle.reason, obstacle.next_step)
    if explain_unknown_status(best):
        return Classification("REGISTERED_NOT_MANAGED", explain_unknown_status(best), READ_RECORD)
    if best.status in ("SUSPENDED", "DEACTIVATED"):
        return _judge_blocked(mac, best)
    registered = parse_timestamp(best.created)
    first = find_earliest([*mac.certificates, mac.issued])
    if registered and first and first >= registered + OBJECT_TIME_PRECISION:
        return Classification(
            "REGISTERED_BEFORE_CERTIFICATE",
            "It was registered with Okta before it had its first certificate.",
            "Its user signs in once with Okta FastPass. If the stage stays, reset it"
            " (playbook reset_devices), then its user registers it again.",
        )
    return Classification(
        "REGISTERED_NOT_MANAGED",
        "It is registered and has a certificate, but no FastPass sign-in has shown it to Okta yet.",
        "Its user signs in once with Okta FastPass (not push or a password) on this Mac.",
    )


def _judge_blocked(mac: MacFacts, best: DeviceRecord) -> Classification:
    steps = {
        "SUSPENDED": "Unsuspend it in Okta.",
        "DEACTIVATED": "Reset it (playbook reset_devices), then its user registers it again.",
    }
    reason, step = f"Its device record in Okta is {best.status.lower()}.", steps[best.status]
    older = [record.id for record in mac.records if record.is_working]
    if older:
        reason = (
            f"The newest of its device records in Okta, {best.id}, is {best.status.lower()}. What"
            f" older records say ({', '.join(sorted(older))}) does not count."
        )
    if older and best.status == "DEACTIVATED":
        step = (
            "Reset each of its records by its id (playbook reset_devices), then its user registers"
            " it again."
        )
    return Classification(best.status, reason, step)


# Flags


def find_flags(mac: MacFacts, limits: AgeLimits = TIMELESS) -> tuple[str, ...]:
    """Return the flags of a Mac, which do not depend on its stage, in the order of FLAGS."""
    expiry = estimate_expiry_of(mac)[0]
    left = expiry - limits.now if expiry and limits.now else None
    applies = {
        "DUPLICATE_RECORD": len(mac.records) > 1,
        "ORPHAN": any(not record.users for record in mac.records),
        "SHARED_DEVICE": any(len(record.users) > 1 for record in mac.records),
        "STALE": any(_is_stale(record, limits) for record in mac.records),
        "SERIAL_EMPTY": not mac.serial or not all(record.serial for record in mac.records),
        "COMPETING_CONFIGURATION": mac.competing,
        "CERTIFICATE_DUPLICATE": mac.copied or len(mac.certificates) > 1,
        "CERTIFICATE_EXPIRING": (
            left is not None and timedelta(0) < left <= timedelta(days=limits.expiring_days)
        ),
        "CERTIFICATE_EXPIRED": left is not None and left <= timedelta(0),
    }
    return tuple(flag for flag in FLAGS if applies[flag])


def _is_stale(record: DeviceRecord, limits: AgeLimits) -> bool:
    changed = parse_timestamp(record.last_updated)
    return (
        changed is not None
        and limits.now is not None
        and limits.now - changed > timedelta(days=limits.stale_days)
    )


def check_stages(stages: Sequence[str], has_rings: bool) -> None:
    """Raise BadOption for an unknown stage, and for stages without the rings to select from."""
    unknown = [stage for stage in stages if stage not in STAGES]
    if unknown:
        raise BadOption(f"stages: {unknown[0]!r} is not a stage. Use one of {', '.join(STAGES)}.")
    if stages and not has_rings:
        raise BadOption("stages: rings is missing. Name the rings that the stages select from.")
