# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each guard of a record, alone."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.guards import (
    ALLOW,
    STATE_ALLOW,
    is_in_sign_in_grace,
    needs_history,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    Decision,
    Evidence,
    Guards,
    Mac,
    RecordTarget,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.plan import (
    plan_records,
)

from tests.unit.plugins.module_utils._device_records.examples import (
    CERTIFIED,
    CLEAN_UP,
    GUARDS,
    LIFTED,
    MAC,
    NEW,
    REGISTERED,
    START,
    allowing,
    decide,
    device,
    guarding,
    target,
    to_state,
    two_records,
    user,
    with_phones,
)


@pytest.mark.parametrize(
    "one",
    [
        target(device()),
        target(device(), user()),
        target(device(status="DEACTIVATED")),
        target(device(created="2026-11-23T09:59:59.999Z")),
        target(device(created="2026-11-23T11:00:00+02:00")),
        target(device(), user("ada"), user("bob", status="SUSPENDED")),
        target(device(), user("ada"), user("bob", status="DEPROVISIONED")),
    ],
)
def test_a_record_that_no_guard_excludes_is_reset(one: RecordTarget) -> None:
    assert decide(one) == Decision(
        one, "write", "Its record is deactivated and deleted; its users register again."
    )


@pytest.mark.parametrize("one, code, sentence", LIFTED)
def test_a_guard_skips_a_record_until_its_reason_is_allowed(
    one: RecordTarget, code: str, sentence: str
) -> None:
    decision = decide(one)
    assert (decision.action, decision.code) == ("skip", code)
    assert sentence in decision.reason and f"allowing {code!r} resets it" in decision.reason
    assert decision.reason.endswith(".") and decision.reason.count(". ") == 0
    others = tuple(reason for reason in ALLOW if reason != code)
    assert decide(one, allowing(*others)).code == code
    assert decide(one, allowing(code)).action == "write"


def test_every_reason_that_can_be_allowed_has_a_guard() -> None:
    assert {code for _target, code, _sentence in LIFTED} == set(ALLOW)


@pytest.mark.parametrize(
    "one, code, sentence",
    [
        (target(), "no_record", "It has no device record."),
        (
            target(device(platform="IOS")),
            "other_platform",
            "is IOS, and only records of MACOS are reset.",
        ),
        (target(device(platform=None)), "other_platform", "Okta does not show its platform"),
        (
            target(device(), mac=replace(MAC, several="Kandji has 2 devices with its serial")),
            "several_kandji_devices",
            "Kandji has 2 devices with its serial.",
        ),
        (target(device(created=None)), "registration_time_unknown", "may be a new registration"),
        (
            target(device(created=NEW)),
            "registered_recently",
            f"at {NEW}, not before 2026-11-23T10:00:00Z: a new",
        ),
        (target(device(created="2026-11-23T10:00:00.000Z")), "registered_recently", "new"),
    ],
)
def test_some_guards_cannot_be_lifted(one: RecordTarget, code: str, sentence: str) -> None:
    decision = decide(one, allowing(*ALLOW))
    assert decision.action == ("none" if code == "no_record" else "skip")
    assert decision.code == code and sentence in decision.reason


def test_a_record_of_another_platform_is_reset_if_platforms_names_it() -> None:
    phone = target(device(platform="IOS"))
    assert decide(phone, guarding(platforms=("MACOS", "IOS"))).action == "write"
    nothing = decide(phone, guarding(platforms=()))
    assert nothing.reason == "Its platform is IOS, and only records of none are reset."


@pytest.mark.parametrize(
    "one, code",
    [
        (target(device(platform="IOS", created=NEW)), "other_platform"),
        (target(device(created=NEW), user(management="MANAGED"), mac=None), "unknown_to_kandji"),
        (target(device(created=NEW), user(management="MANAGED")), "registered_recently"),
        (target(device(status="SUSPENDED"), user(), mac=None), "unknown_to_kandji"),
        (target(device(status="SUSPENDED", created=NEW), user(management="MANAGED")), "suspended"),
        (target(device(), user("ada", "MANAGED"), user("bob")), "managed"),
        (target(device(), user("ada"), user("bob"), mac=Mac("C02A")), "shared"),
        (target(device(), user("eve"), mac=Mac("C02A")), "no_profile"),
    ],
)
def test_of_several_reasons_the_first_is_named(one: RecordTarget, code: str) -> None:
    assert decide(one).code == code


@pytest.mark.parametrize(
    "one, history, code",
    [
        (target(device("guo-again"), user()), True, "registered_again"),
        (target(device("guo-again", "2026-01-01T10:00:00Z"), user()), False, None),
        (target(device("guo-again", serial_number=""), user(), mac=MAC), False, None),
        (target(device("guo-again", status="DEACTIVATED"), user()), False, None),
        (target(device("guo-again")), False, None),  # nobody uses it
    ],
)
def test_a_registration_after_a_deletion_is_new_as_far_as_the_log_reaches(
    one: RecordTarget, history: bool, code: str | None
) -> None:
    assert needs_history(one, GUARDS) is history
    assert decide(one).code == code
    assert not needs_history(one, allowing("registered_again"))


@pytest.mark.parametrize(
    ("minutes", "code"), [(1, "registered_again"), (9, "registered_again"), (10, None)]
)
def test_a_record_is_kept_until_the_log_shows_what_was_deleted_before_it(
    minutes: int, code: str | None
) -> None:
    """The log has an event some minutes late."""
    young = target(device(created=(START - timedelta(minutes=minutes)).isoformat()), user())
    allowed = allowing("registered_after_certificate", "sign_in_pending")
    decision = decide(young, guards=allowed)
    assert decision.code == code
    if code:
        assert "the System Log may not show whether an earlier" in decision.reason
    everything = allowing("registered_after_certificate", "sign_in_pending", "registered_again")
    assert decide(young, guards=everything).code is None


@pytest.mark.parametrize(("seconds", "action"), [(0, "skip"), (0.9, "skip"), (1, "write")])
def test_a_record_that_is_older_than_the_deletion_is_reset(seconds: float, action: str) -> None:
    """A spare record was deleted, and this one was kept.

    Okta cuts the time of a registration to whole seconds: within one it may be the later of both.
    """
    deleted = {"guo1": REGISTERED + timedelta(seconds=seconds)}
    evidence = replace(with_phones("ada"), earlier_deletions=deleted)
    assert decide(target(device(), user()), evidence=evidence).action == action


@pytest.mark.parametrize(("seconds", "code"), [(0.9, "registered_after_certificate"), (1, None)])
def test_a_record_of_the_second_of_its_certificate_may_be_the_later_of_both(
    seconds: float, code: str | None
) -> None:
    seen = replace(MAC, certificates=(REGISTERED + timedelta(seconds=seconds),))
    assert decide(target(device(), user(), mac=seen)).code == code


def test_a_record_that_is_idle_needs_no_sign_in() -> None:
    late = device(created="2026-11-21T10:00:00Z")
    new = replace(MAC, certificates=(START - timedelta(hours=1),))
    assert decide(target(late)).action == "write"
    assert decide(target(replace(late, status="DEACTIVATED"), user())).action == "write"
    assert decide(target(device(), mac=new)).action == "write"


def test_a_record_between_two_certificates_was_registered_after_the_first() -> None:
    two = replace(MAC, certificates=(REGISTERED - timedelta(days=1), CERTIFIED))
    assert decide(target(device(), user(), mac=two)).code == "registered_after_certificate"


@pytest.mark.parametrize(
    "hours, grace, code",
    [
        (23.9, 24.0, "sign_in_pending"),
        (24, 24.0, None),
        (25, 24.0, None),
        (25, 26.0, "sign_in_pending"),
    ],
)
def test_a_newer_certificate_delays_a_reset_for_the_grace_period(
    hours: float, grace: float, code: str | None
) -> None:
    mac = replace(MAC, certificates=(START - timedelta(hours=hours),))
    one = target(device(), user(), mac=mac)
    guards = guarding(sign_in_grace=grace)
    assert decide(one, guards).code == code
    assert is_in_sign_in_grace(one, guards) is (code is not None)


@pytest.mark.parametrize(
    "seconds, action", [(-1, "skip"), (0, "write"), (1, "write"), (None, "skip")]
)
def test_a_sign_in_since_the_newer_certificate_ends_the_delay(
    seconds: int | None, action: str
) -> None:
    seen = START - timedelta(hours=1)
    one = target(device(), user(), mac=replace(MAC, certificates=(seen,)))
    sign_ins = {} if seconds is None else {"guo1": seen + timedelta(seconds=seconds)}
    evidence = replace(with_phones("ada"), sign_ins=sign_ins)
    assert decide(one, evidence=evidence).action == action


@pytest.mark.parametrize(
    "certificates, newer",
    [
        ((), None),
        ((REGISTERED,), None),
        ((REGISTERED + timedelta(seconds=1),), REGISTERED + timedelta(seconds=1)),
        ((CERTIFIED, REGISTERED + timedelta(days=1)), CERTIFIED),
    ],
)
def test_only_a_certificate_seen_after_the_registration_is_newer(
    certificates: tuple[datetime, ...], newer: datetime | None
) -> None:
    assert target(device(), mac=Mac("C02A", certificates=certificates)).newer_certificate == newer


def test_without_registration_time_or_mac_no_certificate_is_newer() -> None:
    assert target(device(created=None)).newer_certificate is None
    assert target(device(), mac=None).newer_certificate is None


@pytest.mark.parametrize(
    "state, status, sentence",
    [
        (
            "suspended",
            "DEACTIVATED",
            "It is DEACTIVATED, and no step leads from there to suspended",
        ),
        ("suspended", "CREATED", "It is CREATED"),
        ("deactivated", "CREATED", "It is CREATED"),
        ("active", "LOCKED", "It is LOCKED"),
        ("active", None, "Okta does not show its status, and no step leads from there"),
    ],
)
def test_a_status_from_which_no_step_is_known_is_skipped(
    state: t.Any, status: str | None, sentence: str
) -> None:
    decision = decide(target(device(status=status), user()), to_state(state))
    assert (decision.action, decision.code) == ("skip", "other_status")
    assert sentence in decision.reason


@pytest.mark.parametrize("state", ["active", "suspended"])
def test_no_guard_of_registrations_keeps_a_state_that_can_be_taken_back(state: t.Any) -> None:
    status = "ACTIVE" if state == "suspended" else "SUSPENDED"
    works = target(device(status=status), user(management="MANAGED"), user("bob"), mac=None)
    assert decide(works, to_state(state), Evidence()).writes


@pytest.mark.parametrize("state", ["deactivated", "absent"])
@pytest.mark.parametrize(
    "one, code",
    [
        (target(device(), user(management="MANAGED")), "managed"),
        (target(device(), user(), user("bob")), "shared"),
        (target(device(), user("eve")), "last_authenticator"),
        (target(device(created=NEW), user()), "registered_recently"),
        (target(device(platform="IOS"), user()), "other_platform"),
    ],
)
def test_a_loss_of_registrations_goes_through_the_guards_of_users(
    state: t.Any, one: RecordTarget, code: t.Any
) -> None:
    decision = decide(one, to_state(state))
    assert decision.code == code and "reset" not in decision.reason
    if code in STATE_ALLOW:
        takes = {"deactivated": "deactivates", "absent": "deletes"}[state]
        assert decision.reason.endswith(f" (allowing {code!r} {takes} it).")
        assert decide(one, to_state(state, allow=[code])).writes


def test_only_the_deletion_of_a_suspended_record_lifts_its_block() -> None:
    lost = target(device(status="SUSPENDED"), user())
    assert decide(lost, to_state("absent")).code == "suspended"
    assert decide(lost, to_state("deactivated")).writes


@pytest.mark.parametrize(
    "one",
    [
        target(device(), user(), mac=None),
        target(device(), user(), mac=Mac("C02A")),
        target(device("guo-again"), user()),
        target(device(), user(), mac=replace(MAC, several="Kandji has two devices")),
    ],
)
def test_what_helps_a_new_registration_decides_nothing_about_a_state(one: RecordTarget) -> None:
    assert not decide(one).writes
    assert decide(one, to_state("absent")).writes


@pytest.mark.parametrize(
    "status, writes", [("ACTIVE", False), ("SUSPENDED", True), ("DEPROVISIONED", True)]
)
def test_a_record_that_is_selected_for_one_user_stays_while_another_needs_it(
    status: str, writes: bool
) -> None:
    both = target(
        device(),
        user("ada", status="DEPROVISIONED"),
        user("bob", status=status),
        of_users=frozenset({"00u-ada"}),
    )
    decision = decide(both, to_state("absent"))
    assert decision.writes is writes
    assert writes or "It is shared: bob@acme.com would lose it, too" in decision.reason
    named = replace(both, of_users=frozenset({"00u-ada", "00u-bob"}))
    assert decide(named, to_state("absent")).writes


ONE_OF_TWO = replace(two_records()[0], users=(user("eve"),))


FOR_ADA = target(device(), user("ada"), user("bob"), of_users=frozenset({"00u-ada"}))


@pytest.mark.parametrize(
    ("targets", "guards", "code", "reason"),
    [
        (
            [target(device(serial_number=""), mac=None)],
            GUARDS,
            "unknown_to_kandji",
            "The record has no serial by which Kandji knows its Mac (allowing 'unknown_to_kandji'"
            " resets it).",
        ),
        (
            [target(device(status="SUSPENDED"), user())],
            GUARDS,
            "suspended",
            "It is suspended: an administrator blocked it, and a new registration would lift the"
            " block (allowing 'suspended' resets it).",
        ),
        (
            [target(device(created=None))],
            GUARDS,
            "registration_time_unknown",
            "Its registration time is unknown, so it may be a new registration, which is kept.",
        ),
        (
            [target(device(created=NEW))],
            GUARDS,
            "registered_recently",
            f"It was registered at {NEW}, not before {START:%Y-%m-%dT%H:%M:%SZ}: a new registration is"
            " kept.",
        ),
        (
            [target(device(), user(management=None))],
            GUARDS,
            "managed",
            "It may work: Okta does not say whether it is managed for ada@acme.com (allowing"
            " 'managed' resets it).",
        ),
        (
            [target(device(), user("ada"), user("bob"))],
            GUARDS,
            "shared",
            "It is shared: ada@acme.com, bob@acme.com would all have to register again (allowing"
            " 'shared' resets it).",
        ),
        (
            [target(device(), user("ada"), user("bob"))],
            to_state("absent"),
            "shared",
            "It is shared: ada@acme.com, bob@acme.com would all lose it (allowing 'shared' deletes"
            " it).",
        ),
        (
            [FOR_ADA],
            to_state("deactivated"),
            "shared",
            "It is shared: bob@acme.com would lose it, too (allowing 'shared' deactivates it).",
        ),
        (
            [ONE_OF_TWO, replace(two_records()[1], users=(user("ada"),))],
            CLEAN_UP,
            "shared",
            "Its Mac may be shared: eve@acme.com would have to register again, without an account"
            " on guo2, the record that is kept (allowing 'shared' resets it).",
        ),
        (
            [target(device(), mac=replace(MAC, certificates=(), has_unattested=True))],
            GUARDS,
            "no_profile",
            "The certificate of its Mac is of another authority than the one that attests"
            " management, as the certificate check on the Mac reports, so a new registration would"
            " not be managed either (allowing 'no_profile' resets it).",
        ),
        (
            [target(device(), mac=replace(MAC, certificates=(), has_unproved=True))],
            GUARDS,
            "no_profile",
            "No certificate of its Mac is known: those that were seen hold its serial alone, and"
            " not the UUID of the profile, so a new registration would not be managed either"
            " (allowing 'no_profile' resets it).",
        ),
        (
            [target(device())],
            CLEAN_UP,
            "only_record",
            "It is the only record of its serial and platform, and a clean-up resets spare records"
            " only.",
        ),
        (
            two_records()[::-1],
            CLEAN_UP,
            "kept_record",
            "It is the one to keep of 2 records of its serial: of those that users have, the"
            " working one or the newest.",
        ),
    ],
)
def test_a_reason_is_said_whole(
    targets: list[RecordTarget], guards: Guards, code: str, reason: str
) -> None:
    evidence = with_phones("ada", "bob", "eve")
    decision = plan_records(targets, guards, evidence)[0]
    assert (decision.code, decision.reason) == (code, reason)


def test_another_user_of_a_record_loses_it_if_that_is_allowed() -> None:
    guards = to_state("absent", allow=["shared"])
    assert decide(FOR_ADA, guards).writes


@pytest.mark.parametrize(("age", "needed"), [(90.0, False), (89.99, True)])
def test_the_history_of_a_record_matters_as_far_as_the_log_reaches(
    age: float, needed: bool
) -> None:
    registered = (START - timedelta(days=age)).isoformat()
    one = target(device(created=registered), user())
    assert needs_history(one, GUARDS) is needed


@pytest.mark.parametrize(
    ("state", "status", "reason"),
    [
        (
            "suspended",
            "DEACTIVATED",
            "It is DEACTIVATED, and no step leads from there to suspended. Nobody can sign in with"
            " it.",
        ),
        ("suspended", "CREATED", "It is CREATED, and no step leads from there to suspended."),
        (
            "active",
            None,
            "Okta does not show its status, and no step leads from there to active.",
        ),
    ],
)
def test_a_status_from_which_no_step_leads_is_said_whole(
    state: t.Any, status: str | None, reason: str
) -> None:
    assert decide(target(device(status=status), user()), to_state(state)).reason == reason


def test_a_platform_that_is_not_named_is_said_whole() -> None:
    guards = guarding(platforms=["MACOS", "WINDOWS"])
    assert decide(target(device(platform="IOS")), guards).reason == (
        "Its platform is IOS, and only records of MACOS, WINDOWS are reset."
    )
    assert decide(target(device(platform=None)), guarding(platforms=[])).reason == (
        "Okta does not show its platform, and only records of none are reset."
    )
