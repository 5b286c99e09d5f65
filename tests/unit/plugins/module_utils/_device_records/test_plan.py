# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which device records a reset deletes: each guard, alone and next to the others of the plan."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records import model
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records import (
    plan as reset,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    Decision,
    Evidence,
    Guards,
    Mac,
    RecordTarget,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    best_record,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.join import (
    device_record,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.record_rank import (
    newest_blocked,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    Enrollment,
    OktaDevice,
    OktaUser,
)

from tests.unit.plugins.module_utils._device_records.fake_vendors import guard_options, limits

START = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
OLD, NEW = "2026-11-01T10:00:00.000Z", "2026-11-23T10:00:01.000Z"
REGISTERED = datetime(2026, 11, 1, 10, tzinfo=timezone.utc)
CERTIFIED = datetime(2026, 11, 20, 10, tzinfo=timezone.utc)
GUARDS = Guards(START, START, guard_options())
MAC = Mac("C02A", profile_live=True, certificates=(CERTIFIED,))
PHONE = Enrollment("phone_number", "ACTIVE")
VERIFY = Enrollment("okta_verify", "ACTIVE")
FASTPASS = Enrollment("okta_verify_fastpass", "ACTIVE")  # of flexible Okta Verify
SPLIT = [FASTPASS, *(Enrollment(f"okta_verify_{each}", "ACTIVE") for each in ("push", "totp"))]


def device(device_id: str = "guo1", created: str | None = OLD, **values: t.Any) -> OktaDevice:
    values = {"status": "ACTIVE", "platform": "MACOS", "serial_number": "C02A", **values}
    return OktaDevice(device_id, created=created, **values)


def user(name: str = "ada", management: str | None = "NOT_MANAGED", **values: t.Any) -> DeviceUser:
    return DeviceUser(OktaUser(f"00u-{name}", f"{name}@acme.com", **values), management)


def target(record: OktaDevice | None = None, *users: DeviceUser, **values: t.Any) -> RecordTarget:
    return RecordTarget(**{"name": "C02A", "device": record, "users": users, "mac": MAC, **values})


def with_phones(*names: str) -> Evidence:
    """Everybody has a phone, and an earlier record of the serial of guo-again was deleted."""
    return Evidence(
        enrollments={f"00u-{name}": [PHONE] for name in names},
        earlier_deletions={"guo-again": REGISTERED - timedelta(hours=1)},
    )


def decide(
    one: RecordTarget, guards: Guards = GUARDS, evidence: Evidence | None = None
) -> Decision:
    return reset.plan_records([one], guards, evidence or with_phones("ada", "bob"))[0]


def allowing(*reasons: str, **values: t.Any) -> Guards:
    return guarding(allow=reasons, **values)


def guarding(**values: t.Any) -> Guards:
    return replace(GUARDS, options=guard_options(**values))


# Each guard


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


LIFTED = [
    (
        target(device(status="SUSPENDED"), user()),
        "suspended",
        "It is suspended: an administrator blocked it, and a new registration would lift the block",
    ),
    (
        target(device(), user(management="MANAGED")),
        "managed",
        "It works: ada@acme.com is MANAGED on it",
    ),
    (
        target(device(), user("bob", status="SUSPENDED"), user("ada", "MANAGED")),
        "managed",
        "It works: ada@acme.com is MANAGED",
    ),
    (
        target(device(), user("ada", "MANAGED"), user("bob", "MANAGED", status="SUSPENDED")),
        "managed",
        "ada@acme.com, bob@acme.com is MANAGED",
    ),
    (
        target(device(), user(management=None)),
        "managed",
        "Okta does not say whether it is managed for ada@acme.com",
    ),
    (
        target(device(), user("ada"), user("bob", "PENDING", status="SUSPENDED")),
        "managed",
        "Okta does not say whether it is managed for bob@acme.com",
    ),
    (
        target(device(), user("ada"), user("bob")),
        "shared",
        "It is shared: ada@acme.com, bob@acme.com would all",
    ),
    (target(device(), user("ada"), user("bob", status="ACTIVE")), "shared", "bob@acme.com"),
    (
        target(device(), user("eve")),
        "last_authenticator",
        "the last strong authenticator of eve@acme.com, who",
    ),
    (target(device(), mac=None), "unknown_to_kandji", "Kandji has no Mac with the serial C02A ("),
    (
        target(device(serial_number=""), mac=None),
        "unknown_to_kandji",
        "The record has no serial by which Kandji",
    ),
    (
        target(device(), mac=replace(MAC, profile_live=False)),
        "no_profile",
        "No live SCEP profile is known on its Mac, so",
    ),
    (
        target(device(), mac=replace(MAC, certificates=())),
        "no_profile",
        "No certificate of its Mac is known yet, so",
    ),
    (
        target(device(), mac=replace(MAC, certificates=(), has_undated=True)),
        "no_profile",
        "When a certificate of its Mac was first seen cannot be read in Kandji's answer"
        " (Certificates: created_at), so a new",
    ),
    (
        target(device(), user(), mac=replace(MAC, has_undated=True)),
        "registered_after_certificate",
        "(Certificates: created_at), so it may have been registered after that",
    ),
    (
        target(device(), mac=replace(MAC, certificates=(), has_unproved=True)),
        "no_profile",
        "No certificate of its Mac is known: those that were seen hold its serial alone, and not",
    ),
    (
        target(device(), mac=replace(MAC, certificates=(), has_unattested=True)),
        "no_profile",
        "The certificate of its Mac is of another authority than the one that attests management",
    ),
    (
        target(device(), user(), mac=replace(MAC, former=(REGISTERED - timedelta(days=1),))),
        "registered_after_certificate",
        "so it needs a FastPass sign-in",
    ),
    (
        target(device(created="2026-11-20T10:00:00Z"), user()),
        "registered_after_certificate",
        "so it needs a FastPass sign-in",
    ),
    (
        target(device(), user(), mac=replace(MAC, certificates=(START - timedelta(hours=1),))),
        "sign_in_pending",
        "seen at 2026-11-23T09:00:00Z, and a FastPass sign-in may",
    ),
    (
        target(device("guo-again"), user()),
        "registered_again",
        "A record of its serial was deleted at 2026-11-01T09:00:00Z, and it was registered"
        " after that, at 2026-11-01T10:00:00Z: a new registration is kept",
    ),
]


@pytest.mark.parametrize("one, code, sentence", LIFTED)
def test_a_guard_skips_a_record_until_its_reason_is_allowed(
    one: RecordTarget, code: str, sentence: str
) -> None:
    decision = decide(one)
    assert (decision.action, decision.code) == ("skip", code)
    assert sentence in decision.reason and f"allowing {code!r} resets it" in decision.reason
    assert decision.reason.endswith(".") and decision.reason.count(". ") == 0
    others = tuple(reason for reason in reset.ALLOW if reason != code)
    assert decide(one, allowing(*others)).code == code
    assert decide(one, allowing(code)).action == "write"


def test_every_reason_that_can_be_allowed_has_a_guard() -> None:
    assert {code for _target, code, _sentence in LIFTED} == set(reset.ALLOW)


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
    decision = decide(one, allowing(*reset.ALLOW))
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


# Certificates and sign-ins


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
    assert reset.needs_history(one, GUARDS) is history
    assert decide(one).code == code
    assert not reset.needs_history(one, allowing("registered_again"))


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
    assert reset.is_in_sign_in_grace(one, guards) is (code is not None)


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


# Several records of one serial


def two_records(**values: t.Any) -> list[RecordTarget]:
    new = device("guo2", "2026-11-02T10:00:00.000Z")
    return [target(device(), **values), target(new, **values)]


CLEAN_UP = guarding(duplicates="clean_up")


def codes(targets: t.Sequence[RecordTarget], guards: Guards) -> list[str | None]:
    return [one.code for one in reset.plan_records(targets, guards, with_phones("ada"))]


@pytest.mark.parametrize(
    "duplicates, expected",
    [
        ("skip", ["duplicate_record", "kept_record"]),
        ("clean_up", [None, "kept_record"]),
        ("each", [None, None]),
    ],
)
def test_of_two_records_the_newest_is_kept(duplicates: str, expected: list[str | None]) -> None:
    assert codes(two_records(), guarding(duplicates=duplicates)) == expected


@pytest.mark.parametrize("status", ["QUARANTINED", "suspended", None])
@pytest.mark.parametrize("duplicates", ["skip", "clean_up", "each"])
def test_a_record_of_unknown_status_is_not_reset(status: str | None, duplicates: str) -> None:
    decision = decide(target(device(status=status)), allowing(*reset.ALLOW))
    assert (decision.action, decision.code) == ("skip", "other_status")
    old, new = two_records()
    pair = [target(device(old.id, old.device.created, status=status)), new]
    guards = allowing(*reset.ALLOW, duplicates=duplicates)
    assert reset.plan_records(pair, guards, Evidence())[0].action == "skip"


@pytest.mark.parametrize("status", ["SUSPENDED", "DEACTIVATED"])
def test_where_no_record_works_every_one_stays(status: str | None) -> None:
    """A deactivated or suspended record does not register a Mac. Only one can be unsuspended."""
    old, new = (device(each.id, each.device.created, status=status) for each in two_records())
    guards = allowing("suspended", duplicates="clean_up")
    spare, kept = reset.plan_records([target(old), target(new)], guards, Evidence())
    assert (spare.code, spare.keeper, kept.code) == (
        "no_working_record",
        kept.target,
        "kept_record",
    )
    remedy = "Unsuspend that one, or name" if status == "SUSPENDED" else "Name"
    expected = f"guo2, is {status} and does not work. {remedy} the id of this one (guo1)."
    assert expected in spare.reason


@pytest.mark.parametrize("duplicates", ["skip", "clean_up", "each"])
def test_a_suspended_record_stays_suspended_whatever_other_records_its_serial_has(
    duplicates: str,
) -> None:
    blocked = target(device(status="SUSPENDED"), user("ada"))
    newer = target(device("guo2", "2026-11-02T10:00:00.000Z"), user("ada"))
    guards = guarding(duplicates=duplicates)
    assert codes([blocked, newer], guards)[0] == "suspended"
    assert codes([replace(blocked, by_id=True)], guards) == ["suspended"]
    lifted = allowing("suspended", duplicates="clean_up")
    assert codes([blocked, newer], lifted) == [None, "kept_record"]


def test_a_record_that_is_suspended_during_the_run_is_skipped() -> None:
    one = target(device(), user())
    suspended = replace(one, device=device(status="SUSPENDED"))
    decision, evidence = decide(one), with_phones("ada")
    again = reset.decide_again(suspended, None, [decision], GUARDS, evidence)
    assert (again.action, again.code) == ("skip", "suspended")


def test_an_orphan_is_not_deleted_next_to_a_suspended_record_that_has_users() -> None:
    orphan = target(device("guo2", "2026-11-02T10:00:00.000Z"))
    blocked = target(device(status="SUSPENDED"), user("ada"))
    guards = allowing("suspended", duplicates="clean_up")
    assert codes([orphan, blocked], guards) == ["no_working_record", "kept_record"]


def test_a_duplicate_is_skipped_with_what_deletes_it() -> None:
    skipped, kept = reset.plan_records(two_records(), GUARDS, Evidence())
    assert skipped.reason == (
        "It is one of 2 records of its serial, of which guo2 is kept; to delete it, name its"
        " id (guo1) or clean up duplicates."
    )
    assert "It is the one to keep of 2 records" in kept.reason
    assert (skipped.keeper, kept.keeper) == (kept.target, None)


@pytest.mark.parametrize(
    "first, second, kept",
    [
        # One that users have, of those the active one, else the managed one, else the newest, else
        # by id.
        ((device("guo1"), user("ada")), (device("guo2", "2026-11-02"),), 0),
        ((device("guo1", status="DEACTIVATED"), user("ada")), (device("guo2"),), 1),
        ((device("guo1"), user("ada", "MANAGED")), (device("guo2", "2026-11-02"),), 0),
        ((device("guo1", status="SUSPENDED"), user("ada", "MANAGED")), (device("guo2"),), 0),
        ((device("guo1", status="SUSPENDED"), user("ada")), (device("guo2"), user("bob")), 1),
        ((device("guo1"),), (device("guo2", "2026-11-02", status="SUSPENDED"),), 0),
        ((device("guo1"),), (device("guo2", "2026-11-02"),), 1),
        ((device("guo9"),), (device("guo2"),), 0),
        ((device("guo1", status="UNSUSPENDED"),), (device("guo2", status="SUSPENDED"),), 0),
        ((device("guo1", status="QUARANTINED"),), (device("guo2"),), 1),
    ],
)
def test_the_record_to_keep(first: t.Any, second: t.Any, kept: int) -> None:
    targets = [target(*first), target(*second)]
    guards = allowing("managed", "suspended", duplicates="clean_up")
    verdicts = reset.check_static_guards(targets, guards, Evidence())
    assert [one.keeper is not None for one in verdicts] == [kept == 1, kept == 0]
    assert reset.plan_records(targets, guards, Evidence())[kept].code in ("kept_record", "managed")


def test_a_record_of_unknown_age_is_never_the_newest() -> None:
    unknown = target(device("guo9", created=None))
    assert codes([target(device()), unknown], guarding(duplicates="clean_up")) == [
        "kept_record",
        "registration_time_unknown",
    ]


FIRST_RECORDS = [
    (device("guo1", created, status=status, last_updated=updated), *users)
    for status in ("ACTIVE", "UNSUSPENDED", "SUSPENDED", "DEACTIVATED")
    for users in ((), (user("ada"),), (user("ada", "MANAGED"),))
    for created in (OLD, "2026-11-02T10:00:00+02:00", None)
    for updated in (OLD, "2026-11-20T10:00:00.000Z")
]


@pytest.mark.parametrize("first", FIRST_RECORDS)
@pytest.mark.parametrize("status", ["ACTIVE", "SUSPENDED", "DEACTIVATED"])
@pytest.mark.parametrize("management", [None, "NOT_MANAGED", "MANAGED"])
def test_clean_up_keeps_the_record_that_the_status_shows(
    first: t.Any, status: str, management: str | None
) -> None:
    created, updated = "2026-11-02T09:00:00.000Z", "2026-11-10T10:00:00.000Z"
    users = (user("bob", management),) if management else ()
    second = (device("guo2", created, status=status, last_updated=updated), *users)
    targets = [target(*first), target(*second)]
    clean_up = allowing("managed", "last_authenticator", "suspended", duplicates="clean_up")
    (kept,) = [
        each.target.id
        for each in reset.plan_records(targets, clean_up, Evidence())
        if each.keeper is None
    ]
    records_of_serial = [
        device_record(replace(each[0], users=each[1:])) for each in (first, second)
    ]
    shown = best_record(records_of_serial)
    assert shown is not None
    if kept != shown.id:
        # The status describes the newest record, which is blocked. A reset keeps the one that works.
        assert shown == newest_blocked(records_of_serial)
        assert [each.id for each in records_of_serial if each.is_working] == [kept]


def test_serials_are_compared_in_any_case_and_empty_ones_never() -> None:
    first, second = two_records()
    other = replace(second, device=device("guo2", serial_number="c02a"))
    assert codes([first, other], GUARDS) == ["duplicate_record", "kept_record"]
    nameless = [replace(one, device=replace(one.device, serial_number="")) for one in two_records()]
    assert codes(nameless, GUARDS) == [None, None]


def test_a_record_that_is_named_by_its_id_is_decided_by_itself() -> None:
    first, second = two_records()
    by_id = replace(first, by_id=True)
    for duplicates in ("skip", "clean_up", "each"):
        assert codes([by_id], guarding(duplicates=duplicates)) == [None]
    assert codes([by_id, second], guarding(duplicates="each")) == [None, None]


@pytest.mark.parametrize("duplicates", ["skip", "clean_up"])
def test_next_to_a_record_that_is_named_by_its_id_the_others_stay_guarded(duplicates: str) -> None:
    """The reason of a duplicate offers to name it: its device still has several records."""
    first, second = two_records()
    guards = guarding(duplicates=duplicates)
    for named, other in ((first, second), (second, first)):
        decisions = codes([replace(named, by_id=True), other], guards)
        assert decisions == [None, "kept_record"]
    both = [replace(each, by_id=True) for each in (first, second)]
    assert codes(both, guards) == [None, None]


def test_the_keeper_of_a_spare_record_is_not_one_that_is_named_by_its_id() -> None:
    """It may be managed and skipped, but it is not what the plan keeps in place of the spare one."""
    named = target(device("guo9", "2026-11-03T10:00:00.000Z"), user("ada", "MANAGED"), by_id=True)
    skipped, spare, kept = reset.plan_records([named, *two_records()], CLEAN_UP, with_phones("ada"))
    assert (skipped.code, spare.code, kept.code) == ("managed", None, "kept_record")
    assert spare.keeper is kept.target


def test_records_of_another_platform_are_of_another_device() -> None:
    """A Mac that also runs Windows has its serial in both records."""
    mac = target(device(), user())
    windows = target(device("guo2", "2026-11-02T10:00:00.000Z", platform="WINDOWS"), user("ada"))
    assert codes([mac, windows], CLEAN_UP) == ["only_record", "only_record"]
    assert codes([mac, windows], GUARDS) == [None, "other_platform"]


def test_a_spare_record_that_another_person_uses_stays() -> None:
    """Two people who share a Mac may have a record each."""
    spare, kept = two_records()
    ada, bob = replace(spare, users=(user("ada"),)), replace(kept, users=(user("bob"),))
    evidence = with_phones("ada", "bob")
    skipped, _kept = reset.plan_records([ada, bob], CLEAN_UP, evidence)
    assert skipped.code == "shared"
    assert "ada@acme.com would have to register again, without an account on guo2" in skipped.reason
    lifted, _kept = reset.plan_records(
        [ada, bob], allowing("shared", duplicates="clean_up"), evidence
    )
    assert lifted.reason.endswith("its users register again.")
    assert [each.user.name for each in lifted.users_to_register] == ["ada@acme.com"]


def test_who_has_an_account_on_the_kept_record_does_not_register_again() -> None:
    spare, kept = (replace(each, users=(user("ada"),)) for each in two_records())
    decision, _kept = reset.plan_records([spare, kept], CLEAN_UP, with_phones("ada"))
    assert decision.action == "write" and decision.users_to_register == []
    assert decision.reason == (
        "Its record is deactivated and deleted; its users keep their account on guo2, the record"
        " of its serial that is kept."
    )
    left = replace(spare, users=(user("bob", status="DEPROVISIONED"),))
    assert codes([left, kept], CLEAN_UP) == [None, "kept_record"]


def test_clean_up_keeps_the_only_record_of_a_serial() -> None:
    guards = allowing(*reset.ALLOW, duplicates="clean_up")
    assert decide(target(device()), guards).code == "only_record"


def test_a_spare_record_needs_no_certificate_and_keeps_its_other_guards() -> None:
    clean_up = guarding(duplicates="clean_up")
    assert codes(two_records(mac=Mac("C02A")), clean_up) == [None, "kept_record"]
    assert codes(two_records(mac=None), clean_up) == ["unknown_to_kandji"] * 2
    spare = replace(two_records()[0], users=(user("eve"),))
    kept = replace(two_records()[1], users=(user("ada"),))
    assert codes([spare, kept], clean_up) == ["shared", "kept_record"]
    both = replace(kept, users=(user("ada"), user("eve")))
    assert codes([spare, both], clean_up) == ["last_authenticator", "shared"]


# The last authenticator


@pytest.mark.parametrize(
    "enrollments, deleted, active, kept",
    [
        ([Enrollment("okta_password", "ACTIVE"), Enrollment("okta_email", "ACTIVE")], [], [], 0),
        ([VERIFY], [], ["guo1", "guo2"], 0),
        ([VERIFY, VERIFY], [], ["guo1", "guo2"], 1),
        ([VERIFY, VERIFY], [], ["guo1"], 0),  # the other device is suspended, or deleted
        ([VERIFY, VERIFY], ["guo2"], ["guo1", "guo2", "guo3"], 0),
        ([VERIFY, VERIFY, VERIFY], ["guo2"], ["guo1", "guo2", "guo3"], 1),
        ([VERIFY, VERIFY, VERIFY], ["guo2"], ["guo1", "guo2"], 0),
        ([VERIFY, VERIFY, Enrollment("okta_verify", "INACTIVE")], ["guo2"], ["guo3"], 0),
        ([FASTPASS, Enrollment("okta_password", "ACTIVE")], [], [], 0),
        (SPLIT, [], ["guo1", "guo2"], 0),  # all of them may be of one device
        ([*SPLIT, VERIFY], [], ["guo1", "guo2"], 0),
        ([*SPLIT, FASTPASS], [], ["guo1", "guo2"], 1),
        ([*SPLIT, FASTPASS], ["guo3"], ["guo1", "guo2"], 0),
        ([VERIFY, PHONE], ["guo2", "guo3"], [], 1),
        ([VERIFY, Enrollment("webauthn", "INACTIVE")], [], ["guo1", "guo2"], 0),
        ([VERIFY, Enrollment(None, "ACTIVE")], [], ["guo1", "guo2"], 0),
        ([], [], [], 0),
    ],
)
def test_a_user_keeps_a_strong_authenticator(
    enrollments: list[Enrollment], deleted: list[str], active: list[str], kept: int
) -> None:
    evidence = Evidence(
        enrollments={"00u-ada": enrollments}, active_records={"00u-ada": set(active)}
    )
    refusal = reset.check_last_authenticator(
        target(device(), user()), GUARDS, evidence, {"00u-ada": set(deleted)}
    )
    assert (refusal is None) is bool(kept)
    assert refusal is None or refusal.code == "last_authenticator"


def test_a_weak_authenticator_is_what_the_option_names() -> None:
    one = target(device(), user())
    weak_phones = guarding(weak_authenticators=("phone_number",))
    assert decide(one, weak_phones).code == "last_authenticator"
    passwords = Evidence(enrollments={"00u-ada": [Enrollment("okta_password", "ACTIVE")]})
    assert decide(one, weak_phones, passwords).action == "write"


def test_okta_verify_as_a_weak_authenticator_is_each_of_its_methods() -> None:
    weak = guarding(weak_authenticators=("okta_verify",))
    methods = Evidence(enrollments={"00u-ada": SPLIT * 3}, active_records={"00u-ada": {"guo9"}})
    assert decide(target(device(), user()), weak, methods).code == "last_authenticator"


def test_only_users_who_may_sign_in_later_can_be_locked_out() -> None:
    """A suspended user comes back, such as from a leave; a deactivated one lost the factors."""
    gone = target(device(), user("ada"), user("eve", status="DEPROVISIONED"))
    assert decide(gone).action == "write"
    away = target(device(), user("ada"), user("eve", status="SUSPENDED"))
    assert decide(away).code == "last_authenticator"
    both = decide(target(device(), user("eve"), user("ida")), allowing("shared"))
    assert "of eve@acme.com, ida@acme.com, who" in both.reason


def test_an_idle_record_holds_nobodys_authenticator() -> None:
    assert decide(target(device(status="DEACTIVATED"), user("eve"))).action == "write"
    assert not reset.needs_enrollments(target(device()), GUARDS)
    assert reset.needs_enrollments(target(device(), user()), GUARDS)
    assert not reset.needs_enrollments(target(device(), user()), allowing("last_authenticator"))


@pytest.mark.parametrize(
    "enrollments, relies",
    [([VERIFY], False), ([VERIFY, VERIFY], True), ([VERIFY, VERIFY, PHONE], False), ([], False)],
)
def test_records_of_users_matter_only_if_okta_verify_is_all_they_have(
    enrollments: list[Enrollment], relies: bool
) -> None:
    weak = Enrollment("okta_password", "ACTIVE")
    assert reset.relies_on_okta_verify([weak, *enrollments], GUARDS) is relies


# Ada has two Macs, three active records and two enrollments of Okta Verify: one record may go.
TWO_MACS = [target(device("guo1", serial_number="C02A"), user(), name="C02A")] + [
    target(device("guo2", serial_number="C02B"), user(), name="C02B")
]
ADA_HAS_TWO = Evidence(
    enrollments={"00u-ada": [VERIFY, VERIFY]},
    active_records={"00u-ada": {"guo1", "guo2", "guo3"}},
)


def test_of_two_records_of_one_user_the_plan_deletes_what_leaves_a_way_in() -> None:
    decisions = reset.plan_records(TWO_MACS, GUARDS, ADA_HAS_TWO)
    assert [one.code for one in decisions] == [None, "last_authenticator"]


def test_a_record_that_is_decided_again_counts_the_deletions_before_it() -> None:
    """Otherwise a user with two records in one plan could lose both."""
    first, second = (Decision(one, "write", "") for one in TWO_MACS)
    again = reset.decide_again(second.target, None, [first, second], GUARDS, ADA_HAS_TWO)
    assert again.code == "last_authenticator"
    kept = reset.decide_again(first.target, None, [first, second], GUARDS, ADA_HAS_TWO)
    assert kept.action == "write", "check mode deletes it"
    skipped = replace(first, action="skip")
    alone = reset.decide_again(second.target, None, [skipped, second], GUARDS, ADA_HAS_TWO)
    assert alone.action == "write"


def test_a_record_that_is_gone_since_its_users_authenticators_were_read_counts_as_deleted() -> None:
    """Its enrollment is among those that were read."""
    first, second = (Decision(one, "write", "") for one in TWO_MACS)
    gone = reset.mark_gone(first)
    again = reset.decide_again(second.target, None, [gone, second], GUARDS, ADA_HAS_TWO)
    assert again.code == "last_authenticator"
    absent = Decision(target(None, user("ada")), "none", "", "no_record")
    alone = reset.decide_again(second.target, None, [absent, second], GUARDS, ADA_HAS_TWO)
    assert alone.action == "write", "it had no record when they were read"


@pytest.mark.parametrize("one, code, _sentence", LIFTED)
def test_a_record_that_is_decided_again_meets_every_guard(
    one: RecordTarget, code: str, _sentence: str
) -> None:
    before = Decision(target(device()), "write", "")
    again = reset.decide_again(one, None, [before], GUARDS, with_phones("ada", "bob"))
    assert (again.action, again.code) == ("skip", code)


def test_a_record_that_is_decided_again_may_be_gone_or_as_it_was() -> None:
    before = Decision(target(device(), user()), "write", "")
    gone = reset.decide_again(target(None, user()), None, [before], GUARDS, Evidence())
    assert (gone.action, gone.code) == ("none", "no_record")
    same = reset.decide_again(before.target, None, [before], GUARDS, with_phones("ada"))
    assert same.action == "write" and same.keeper is None


def test_a_spare_record_that_is_decided_again_stays_spare() -> None:
    one, keeper = target(device(), mac=Mac("C02A")), target(device("guo2"))
    spare = Decision(one, "write", "", keeper=keeper)
    again = reset.decide_again(one, keeper, [spare], GUARDS, Evidence())
    assert again.action == "write" and again.keeper is keeper
    managed = replace(one, users=(user("ada", "MANAGED"),))
    skipped = reset.decide_again(managed, keeper, [spare], GUARDS, with_phones("ada"))
    assert skipped.code == "managed" and skipped.keeper is keeper


def test_a_spare_record_stays_if_its_users_lose_their_account_on_the_kept_one() -> None:
    one, keeper = target(device(), user("ada")), target(device("guo2"), user("ada"))
    spare, evidence = Decision(one, "write", "", keeper=keeper), with_phones("ada")
    assert reset.decide_again(one, keeper, [spare], GUARDS, evidence).writes
    emptied = replace(keeper, users=())
    assert reset.decide_again(one, emptied, [spare], GUARDS, evidence).code == "shared"


@pytest.mark.parametrize("keeper", [None, device("guo2", status="DEACTIVATED")])
def test_a_spare_record_stays_if_the_kept_one_is_gone_or_does_not_work(
    keeper: OktaDevice | None,
) -> None:
    one = target(device())
    spare = Decision(one, "write", "", keeper=target(device("guo2")))
    left = reset.decide_again(one, target(keeper), [spare], GUARDS, Evidence())
    assert (left.action, left.code) == ("skip", "kept_record_gone") and left.keeper
    assert "Run again" in left.reason


# Names


@pytest.mark.parametrize(
    "one, login, name",
    [
        (OktaUser("00u1", "ada@acme.com", "Ada", "Smith"), "ada@acme.com", "Ada Smith"),
        (OktaUser("00u1", "ada@acme.com", "Ada"), "ada@acme.com", "Ada"),
        (OktaUser("00u1", "ada@acme.com"), "ada@acme.com", "ada@acme.com"),
        (OktaUser("00u1"), "00u1", "00u1"),
        (OktaUser(""), "unknown user", "unknown user"),
    ],
)
def test_a_user_is_named_by_login_or_id(one: OktaUser, login: str, name: str) -> None:
    assert (model.login_of(DeviceUser(one)), model.name_of(DeviceUser(one))) == (login, name)


def test_a_target_without_a_record_has_the_serial_that_selected_it() -> None:
    assert RecordTarget("C02A").serial == "C02A" and RecordTarget("guo1", by_id=True).serial == ""
    assert RecordTarget("ada@acme.com", device(serial_number="")).serial == ""
    assert RecordTarget("C02A").id == "" and RecordTarget("C02A").registered_at is None


# Limits


def decisions_of(*actions: str) -> list[Decision]:
    return [
        Decision(RecordTarget(str(number)), action, "") for number, action in enumerate(actions)
    ]


def test_only_records_that_are_deleted_count_against_the_limits() -> None:
    planned = decisions_of("write", "write", "skip", "none", "skip")
    reset.check_limits(planned, limits(max_devices=2, max_percent=100), 2)
    reset.check_limits([], limits(max_devices=0, max_percent=0), 0)
    assert reset.count_writes(planned) == 2


@pytest.mark.parametrize("actions, limit", [(["write"] * 3, 2), (["write", "skip"], 0)])
def test_more_than_max_devices_are_refused_with_the_count(actions: list[str], limit: int) -> None:
    count = actions.count("write")
    with pytest.raises(
        Refused,
        match=rf"^max_devices: {count} device records? \(.*\) would be deleted, and {limit} is the"
        rf" limit. Nothing was written. Set max_devices: {count} ",
    ) as raised:
        reset.check_limits(decisions_of(*actions), limits(max_devices=limit), None)
    assert raised.value.details == {"count": count, "allowed": limit}


@pytest.mark.parametrize(
    "count, percent, fleet, allowed",
    [(2, 20, 10, None), (3, 20, 10, 2), (3, 20, 14, 2), (3, 20, 15, None), (1, 0, 5, None)]
    + [(2, 0, 5, 0), (2, 1, 100, 1), (5, 1, None, None)]
    # duplicates are more than the Macs, and orphans have none: there is no higher percentage
    + [(3, 100, 2, None), (2, 100, 0, None), (3, 99, 2, 1)],
)
def test_more_than_max_percent_of_the_fleet_is_refused_but_one_is_always_allowed(
    count: int, percent: int, fleet: int | None, allowed: int | None
) -> None:
    planned, at_most = decisions_of(*["write"] * count), limits(max_percent=percent)
    if allowed is None:
        reset.check_limits(planned, at_most, fleet)
        return
    with pytest.raises(
        Refused, match=f"^max_percent: {count} device .* {percent} % of {fleet} Macs is {allowed}"
    ) as raised:
        reset.check_limits(planned, at_most, fleet)
    assert raised.value.details == {"count": count, "allowed": allowed}
    needed = int(raised.value.message.split("Set max_percent: ")[1].split()[0])
    reset.check_limits(planned, limits(max_percent=needed), fleet)
    with pytest.raises(Refused):
        reset.check_limits(planned, limits(max_percent=needed - 1), fleet)


@pytest.mark.parametrize("number, fits", [(1, False), (2, True), (3, True), (4, False), (5, False)])
def test_the_phrase_is_valid_for_what_is_left_and_not_for_skipped_records(
    number: int, fits: bool
) -> None:
    confirmed = limits(confirm_above=1, confirm=f"RESET {number} DEVICES acme.okta.com")
    planned = decisions_of("write", "write", "none", "skip", "skip")
    if fits:
        reset.check_confirmed(planned, confirmed, "acme.okta.com")
        return
    with pytest.raises(Refused, match="confirm: RESET 2 DEVICES acme.okta.com$") as raised:
        reset.check_confirmed(planned, confirmed, "acme.okta.com")
    assert raised.value.details == {"count": 2, "confirm": "RESET 2 DEVICES acme.okta.com"}


@pytest.mark.parametrize("above, needed", [(1, True), (2, False), (3, False)])
def test_up_to_confirm_above_no_phrase_is_needed(above: int, needed: bool) -> None:
    unconfirmed = limits(confirm_above=above)
    if needed:
        with pytest.raises(Refused, match=rf"more than confirm_above \({above}\)"):
            reset.check_confirmed(decisions_of("write", "write"), unconfirmed, "acme.okta.com")
    else:
        reset.check_confirmed(decisions_of("write", "write"), unconfirmed, "acme.okta.com")


# Approval


def to_delete(
    *ids: str, name: str = "ada", management: str = "NOT_MANAGED", status: str = "ACTIVE"
) -> list[Decision]:
    return [
        Decision(
            RecordTarget(
                one,
                device(one, serial_number=f"C-{one}", status=status),
                (user(name, management),),
            ),
            "write",
            "",
        )
        for one in ids
    ]


def test_the_same_plan_has_the_same_digest_in_whatever_order_it_was_found() -> None:
    digest = reset.digest_plan(to_delete("guo1", "guo2"), "acme.okta.com")
    assert len(digest) == 64 and digest == reset.digest_plan(
        to_delete("guo2", "guo1") + decisions_of("skip", "none"), "acme.okta.com"
    )


@pytest.mark.parametrize(
    "other, host",
    [
        (to_delete("guo1"), "acme.okta.com"),
        (to_delete("guo1", "guo2", "guo3"), "acme.okta.com"),
        (to_delete("guo1", "guo3"), "acme.okta.com"),
        (to_delete("guo1", "guo2", name="bob"), "acme.okta.com"),
        (to_delete("guo1", "guo2", management="MANAGED"), "acme.okta.com"),
        (to_delete("guo1", "guo2", status="SUSPENDED"), "acme.okta.com"),
        (to_delete("guo1", "guo2"), "other.okta.com"),
        ([], "acme.okta.com"),
    ],
)
def test_a_plan_that_nobody_approved_is_refused(other: list[Decision], host: str) -> None:
    approved = reset.digest_plan(to_delete("guo1", "guo2"), "acme.okta.com")
    now = reset.digest_plan(other, host)
    reset.check_approved(other, now, now.upper())
    reset.check_approved(other, now, "")
    with pytest.raises(
        Refused,
        match=f"{len(other)} device records would be deleted now, and the digest is {now}. Nothing",
    ) as raised:
        reset.check_approved(other, now, approved)
    assert raised.value.details == {"count": len(other), "plan_digest": now}


# Certificates that are revoked


def test_a_certificate_is_lost_by_the_log_or_by_its_age() -> None:
    def aged(**age: float) -> RecordTarget:
        return target(device(), mac=Mac("C02A", certificates=(START - timedelta(**age),)))

    assert reset.loses_certificate(aged(days=1), {}, START) is False
    assert reset.loses_certificate(aged(days=90), {}, START) is False
    assert reset.loses_certificate(aged(days=90, seconds=1), {}, START) is True
    assert reset.loses_certificate(aged(days=1), {"guo1": START}, START) is True
    assert reset.loses_certificate(target(), {"C02A": START}, START) is True
    # Kandji cannot deliver a new one to a Mac that it does not know
    assert reset.loses_certificate(target(device(), mac=None), {"guo1": START}, START) is None


def test_a_timestamp_separates_revoked_certificates_from_new_ones() -> None:
    newest = datetime(2026, 11, 22, 10, tzinfo=timezone.utc)
    bound = target(device(), mac=Mac("C02A", certificates=(CERTIFIED, newest)))
    after = reset.reissue_after([bound], {"guo1": START}, START)
    assert after == newest + timedelta(seconds=1)
    older = target(device("guo2"), mac=MAC)
    assert reset.reissue_after([older, bound], {}, START) == after
    without = target(None, mac=Mac("C02A"))
    later = START + timedelta(days=1)
    assert reset.reissue_after([without], {"C02A": START}, later) == START
    assert reset.reissue_after([without], {}, later) == later


@pytest.mark.parametrize(
    "certificates, revoked, outlives",
    [
        ((), START, True),
        ((), None, False),
        ((START,), START, False),
        ((START - timedelta(seconds=1),), START, True),
        ((START + timedelta(days=1),), START, False),
    ],
)
def test_a_revocation_counts_if_it_came_after_the_newest_certificate(
    certificates: tuple[datetime, ...], revoked: datetime | None, outlives: bool
) -> None:
    one = target(None, mac=Mac("C02A", certificates=certificates))
    assert model.outlives_certificates(one, revoked) is outlives


# A record that is taken to a state


def to_state(state: t.Any, **values: t.Any) -> Guards:
    return guarding(goal=model.GOALS[state], duplicates="each", **values)


@pytest.mark.parametrize(
    "state, status, steps",
    [
        ("active", "SUSPENDED", ("unsuspend",)),
        ("active", "DEACTIVATED", ("activate",)),
        ("active", "CREATED", ("activate",)),
        ("suspended", "ACTIVE", ("suspend",)),
        ("suspended", "UNSUSPENDED", ("suspend",)),
        ("deactivated", "ACTIVE", ("deactivate",)),
        ("deactivated", "SUSPENDED", ("deactivate",)),
        ("absent", "ACTIVE", ("deactivate", "delete")),
        ("absent", "DEACTIVATED", ("delete",)),
    ],
)
def test_the_steps_to_a_state_follow_from_the_status(
    state: t.Any, status: str, steps: tuple[str, ...]
) -> None:
    one = target(device(status=status), user())
    decision = decide(one, to_state(state, allow=["suspended"]))
    goal = model.GOALS[state]
    assert goal.steps(one) == steps
    assert decision.writes and decision.reason == goal.effect(one)
    assert goal.effect(one, planned=True) == decision.reason.replace("It is", "It would be")


@pytest.mark.parametrize(
    "state, status, steps",
    [
        ("suspended", "SUSPENDED", ("unsuspend", "suspend")),
        ("suspended", "ACTIVE", ("suspend",)),
        ("active", "SUSPENDED", ("unsuspend",)),
        ("deactivated", "SUSPENDED", ("deactivate",)),
    ],
)
def test_a_record_that_a_clean_up_suspended_is_suspended_again_to_be_kept(
    state: t.Any, status: str, steps: tuple[str, ...]
) -> None:
    one = replace(target(device(status=status), user()), of_clean_up=True)
    assert model.GOALS[state].steps(one) == steps
    if len(steps) == 2:
        decision = decide(one, to_state(state))
        assert decision.writes
        assert decision.reason == "It is suspended again, so that no clean-up deletes it."


@pytest.mark.parametrize(
    "state, status", [("active", "ACTIVE"), ("active", "UNSUSPENDED"), ("suspended", "SUSPENDED")]
)
def test_a_record_in_its_state_needs_no_step(state: t.Any, status: str) -> None:
    decision = decide(target(device(status=status), user()), to_state(state))
    assert (decision.action, decision.code) == ("none", "unchanged")
    assert decision.reason == f"It is {state} already."


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
    if code in reset.STATE_ALLOW:
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


def test_a_limit_names_a_serial_of_several_records_once() -> None:
    decisions = [
        reset.Decision(target(device(f"guo{number}"), name="C02A"), "write", "Because.")
        for number in range(3)
    ]
    limits = reset.Limits(max_devices=2, max_percent=100, confirm_above=0, confirm="")
    sentence = r"3 device records \(C02A\) would be deleted, and 2 is"
    with pytest.raises(Refused, match=sentence):
        reset.check_limits(decisions, limits, None, model.GOALS["absent"])


@pytest.mark.parametrize("verb", ["ACTIVATE", "SUSPEND", "DEACTIVATE", "DELETE"])
def test_each_state_has_a_phrase_and_a_digest_of_its_own(verb: str) -> None:
    goal = next(goal for goal in model.GOALS.values() if goal.verb == verb)
    planned = decisions_of("write", "write")
    with pytest.raises(Refused, match=f"would be {goal.participle}.*{verb} 2 DEVICES acme"):
        reset.check_confirmed(planned, limits(confirm_above=1), "acme.okta.com", goal)
    confirmed = limits(confirm_above=1, confirm=f"{verb} 2 DEVICES acme.okta.com")
    reset.check_confirmed(planned, confirmed, "acme.okta.com", goal)
    digests = {
        reset.digest_plan(planned, "acme.okta.com", each)
        for each in [model.RESET, *model.GOALS.values()]
    }
    assert len(digests) == 5


@pytest.mark.parametrize("hidden", [Enrollment("phone_number", None), Enrollment(None, "ACTIVE")])
def test_an_authenticator_that_okta_does_not_show_may_be_another_one(hidden: Enrollment) -> None:
    decision = decide(
        target(device(), user()), evidence=Evidence(enrollments={"00u-ada": [hidden]})
    )
    assert decision.code == "last_authenticator"
    assert decision.reason.startswith(
        "It may hold the last strong authenticator of ada@acme.com: Okta does not show key and"
        " status of each that they enrolled."
    )


# What a run says of a record


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
    decision = reset.plan_records(targets, guards, evidence)[0]
    assert (decision.code, decision.reason) == (code, reason)


def test_another_user_of_a_record_loses_it_if_that_is_allowed() -> None:
    guards = to_state("absent", allow=["shared"])
    assert decide(FOR_ADA, guards).writes


def test_a_record_that_the_run_before_kept_names_what_it_deleted() -> None:
    evidence = Evidence(deleted_duplicates={"guo1": ["guo8", "guo9"]})
    assert decide(target(device()), GUARDS, evidence).reason == (
        "It is the one to keep: the ids name guo8, guo9, already deleted, which was or may have"
        " been another record of its serial. Name guo8, guo9 no longer to reset this one."
    )


def test_a_spare_record_says_that_the_next_run_decides() -> None:
    one = target(device())
    spare = Decision(one, "write", "", keeper=target(device("guo2")))
    left = reset.decide_again(one, target(None), [spare], GUARDS, Evidence())
    assert left.reason == (
        "The record of its serial that was to be kept is gone or does not work. Run again: the next"
        " run decides which record is kept."
    )


def test_a_record_that_was_deleted_before_its_first_step_is_left_alone() -> None:
    decision = Decision(target(device()), "write", "Because.", keeper=target(device("guo2")))
    assert reset.mark_gone(decision) == replace(
        decision,
        action="none",
        reason="Its device record was deleted during the run.",
        code="no_record",
    )


@pytest.mark.parametrize(
    "now",
    [
        target(device(status="DEACTIVATED"), user()),
        target(device(), user("bob")),
        target(device(), user(management="PENDING")),
        target(device(serial_number="C02B"), user()),
    ],
)
def test_a_record_that_changed_after_the_approval_stays(now: RecordTarget) -> None:
    approved, keeper = target(device(), user()), target(device("guo2"))
    decision = Decision(now, "write", "Because.", keeper=keeper)
    kept = reset.keep_changed(decision, approved)
    assert kept == Decision(
        now,
        "skip",
        "Its status, its users or whether they are managed changed after the plan was approved. Run"
        " again in check mode, and have the new plan approved.",
        "changed_since_approval",
        keeper,
    )
    same = replace(decision, target=approved)
    assert reset.keep_changed(same, approved) is same
    skipped = replace(decision, action="skip")
    assert reset.keep_changed(skipped, approved) is skipped


def test_an_unknown_status_and_management_are_nothing_in_a_digest() -> None:
    """So that an approval is valid for a run of any version."""
    unknown = Decision(target(device(status=None), user(management=None)), "write", "")
    empty = Decision(target(device(status=""), user(management="")), "write", "")
    digests = {reset.digest_plan([each], "acme.okta.com") for each in (unknown, empty)}
    assert len(digests) == 1


def test_an_approval_of_another_plan_says_what_to_do() -> None:
    with pytest.raises(Refused) as raised:
        reset.check_approved(decisions_of("write"), "d1", "d2")
    assert raised.value.message == (
        "plan_digest: the plan is not the one that was approved. 1 device records would be deleted"
        " now, and the digest is d1. Nothing was written. Review the new plan and have it approved."
    )


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "1 device record (0) would be deleted"),
        (2, "2 device records (0, 1) would be deleted"),
        (5, "5 device records (0, 1, 2, 3, 4) would be deleted"),
        (6, "6 device records (0, 1, 2, 3, 4 and 1 more) would be deleted"),
    ],
)
def test_a_limit_names_up_to_five_records(number: int, words: str) -> None:
    planned = decisions_of(*["write"] * number)
    with pytest.raises(Refused) as raised:
        reset.check_limits(planned, limits(max_devices=0), None)
    assert words in raised.value.message


def test_a_refusal_names_each_limit_that_the_plan_passes() -> None:
    planned = decisions_of(*["write"] * 4)
    with pytest.raises(
        Refused, match=r"^max_devices: .* Set max_devices: 4 and max_percent: 40 if"
    ):
        reset.check_limits(planned, limits(max_devices=3, max_percent=5), 10)
    with pytest.raises(Refused, match=r"Set max_devices: 4 if"):
        reset.check_limits(planned, limits(max_devices=3, max_percent=40), 10)


def test_without_macs_in_kandji_only_all_percents_are_enough() -> None:
    with pytest.raises(Refused, match="Set max_percent: 100 if"):
        reset.check_limits(decisions_of("write", "write"), limits(max_percent=99), 0)


def test_a_record_without_a_dated_certificate_says_nothing_of_it() -> None:
    unseen = target(device(), mac=Mac("C02A"))
    assert reset.loses_certificate(unseen, {}, START) is None


@pytest.mark.parametrize(("age", "needed"), [(90.0, False), (89.99, True)])
def test_the_history_of_a_record_matters_as_far_as_the_log_reaches(
    age: float, needed: bool
) -> None:
    registered = (START - timedelta(days=age)).isoformat()
    one = target(device(created=registered), user())
    assert reset.needs_history(one, GUARDS) is needed


@pytest.mark.parametrize(("state", "relies"), [("absent", True), ("suspended", False)])
def test_one_okta_verify_may_be_enough_where_a_record_is_blocked_already(
    state: t.Any, relies: bool
) -> None:
    """A clean-up deletes what it suspended: that enrollment is of another device."""
    period = model.CleanUp(timedelta(days=60), timedelta(days=14))
    guards = to_state(state, clean_up=period)
    assert reset.relies_on_okta_verify([VERIFY], guards) is relies
    assert not reset.relies_on_okta_verify([], guards)


def test_nobody_without_okta_verify_keeps_a_way_in_by_a_record() -> None:
    period = model.CleanUp(timedelta(days=60), timedelta(days=14))
    evidence = Evidence(active_records={"00u-ada": {"guo2"}})
    guards = to_state("absent", clean_up=period)
    one = target(device(status="SUSPENDED"), user())
    left = reset.check_last_authenticator(one, guards, evidence, {})
    assert left is not None and left.code == "last_authenticator"
    with_one = replace(evidence, enrollments={"00u-ada": [VERIFY]})
    assert reset.check_last_authenticator(one, guards, with_one, {}) is None


def test_each_planned_deletion_of_a_user_counts_by_its_record() -> None:
    three = [
        target(device(f"guo{n}", serial_number=f"C0{n}"), user(), name=f"C0{n}") for n in range(3)
    ]
    evidence = Evidence(
        enrollments={"00u-ada": [VERIFY] * 4},
        active_records={"00u-ada": {"guo0", "guo1", "guo2"}},
    )
    guards = allowing("unknown_to_kandji")
    decisions = reset.plan_records(three, guards, evidence)
    assert [one.code for one in decisions] == [None, None, "last_authenticator"]


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


def test_a_target_without_a_record_says_so() -> None:
    assert decide(target(None)).reason == "It has no device record."


@pytest.mark.parametrize(
    ("users", "kept", "words"),
    [
        ((user("ada"),), True, "its users keep their account on guo8, guo9, of the same serial."),
        ((user("eve"),), True, "its users register again."),
        ((user("ada", status="DEPROVISIONED"),), True, "its users register again."),
        ((user("ada"),), False, "its users register again."),
    ],
)
def test_other_records_of_the_device_keep_the_accounts_of_their_users(
    users: tuple[DeviceUser, ...], kept: bool, words: str
) -> None:
    others = tuple(target(device(each), user("ada")) for each in ("guo8", "guo9")) if kept else ()
    decision = decide(target(device(), *users, others=others), evidence=with_phones("ada", "eve"))
    assert decision.writes and decision.remaining == others
    assert decision.reason == f"Its record is deactivated and deleted; {words}"


def test_a_skipped_record_and_a_spare_one_have_no_records_left() -> None:
    others = (target(device("guo8"), user("ada")),)
    managed = target(device(), user("ada", "MANAGED"), others=others)
    assert decide(managed).remaining == ()
    one, keeper = target(device(), user("ada"), others=others), target(device("guo2"), user("ada"))
    spare = Decision(one, "write", "", keeper=keeper)
    again = reset.decide_again(one, keeper, [spare], GUARDS, with_phones("ada"))
    assert again.writes and again.remaining == () and "on guo2, the record" in again.reason
