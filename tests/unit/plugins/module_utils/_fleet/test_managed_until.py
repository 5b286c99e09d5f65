# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Until when Okta treats a Mac as managed, and why not longer."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.timestamps import (
    EARLIEST,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    TIMELESS,
    DeviceRecord,
    MacFacts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.managed_until import (
    Outlook,
    predict_outlook,
    predict_outlooks,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.device_events import (
    RecordEvents,
)

from tests.unit.plugins.module_utils._fleet.builders import (
    AFTER,
    BEFORE,
    NOW,
    SERIAL,
    mac,
    record,
)

DAY = timedelta(days=1)
LATER = "2026-11-12T10:00:00.000Z"
EXPIRES = datetime(2026, 12, 10, 8, tzinfo=timezone.utc)
KNOWN = {"expires": "2026-12-10T08:00:00Z", "expiry_source": "mac"}
NAMED = f"The certificate of {SERIAL} expires on 2026-12-10 and nothing renews it before."


def managed(*records: DeviceRecord, **facts: t.Any) -> MacFacts:
    """Return a Mac that is managed for ada, whose certificate expires at EXPIRES."""
    return mac(*(records or (record(ada="MANAGED"),)), **{**KNOWN, **facts})


def of_ada(facts: MacFacts) -> Outlook:
    return predict_outlooks(facts, NOW)["ada"]


def test_the_outlook_names_the_authority_that_ends_a_certificate() -> None:
    outlook = of_ada(managed(not_after="2027-09-04T08:00:00Z", last_bound=LATER))
    reason = NAMED.replace("2026-12-10 and", "2026-12-10, with the authority that signed it, and")
    assert outlook == Outlook("yes", reason, EXPIRES, EXPIRES)


def test_a_mac_is_managed_until_its_certificate_expires() -> None:
    outlook = of_ada(managed())
    assert outlook == Outlook("yes", NAMED, EXPIRES, EXPIRES)
    assert [outlook.state_at(EXPIRES - timedelta(seconds=1)), outlook.state_at(EXPIRES)] == [
        "yes",
        "no",
    ]


def test_an_estimated_expiry_is_not_sure_on_its_last_day() -> None:
    outlook = of_ada(managed(expires="", expiry_source="", certificates=["2025-12-10T08:00:00Z"]))
    assert (outlook.today, outlook.sure_until, outlook.ends) == ("yes", EXPIRES - DAY, EXPIRES)
    assert outlook.reason == (
        f"The certificate of {SERIAL} expires on 2026-12-09, or within a day of it, and nothing"
        " renews it before."
    )
    assert outlook.state_at(EXPIRES - DAY) == "unknown"


def test_another_configuration_may_keep_it_managed() -> None:
    outlook = of_ada(managed(competing=True))
    assert (outlook.sure_until, outlook.ends) == (EXPIRES, None)
    assert outlook.state_at(EXPIRES + DAY) == "unknown"


def test_a_mac_that_was_away_says_since_when() -> None:
    assert of_ada(managed(last_check_in="2026-11-24T00:00:00Z")).reason == NAMED
    assert of_ada(managed(last_check_in="2026-11-23T23:59:59Z")).reason == (
        f"{NAMED} It last checked in on 2026-11-23."
    )


def test_an_unknown_expiry_is_not_sure_from_now_on() -> None:
    outlook = of_ada(managed(expires="", certificates=[], unproved=["2026-11-10T00:00:00Z"]))
    assert outlook == Outlook(
        "yes", f"When the certificate of {SERIAL} expires is unknown.", EARLIEST
    )
    assert NOW.now and outlook.state_at(NOW.now) == "unknown"


def test_without_a_present_nothing_expires() -> None:
    outlook = predict_outlooks(managed(), TIMELESS)["ada"]
    assert (outlook.today, outlook.sure_until) == ("yes", None)
    assert outlook.state_at(EXPIRES + DAY) == "yes"


@pytest.mark.parametrize(
    "facts, reason",
    [
        (
            {"expires": "2026-12-01T00:00:00Z"},
            f"The certificate of {SERIAL} expired on 2026-12-01, and Okta still shows the Mac as"
            " managed.",
        ),
        (
            {"expires": "", "certificates": ["2025-12-02T00:00:00Z"]},
            f"The certificate of {SERIAL} expired on 2026-12-02, as estimated, and Okta still shows"
            " the Mac as managed.",
        ),
        ({"incomplete": "Tables changed."}, "Tables changed."),
        (
            {"in_kandji": False},
            f"Kandji does not manage {SERIAL}, so its profile and its certificate may be gone.",
        ),
        (
            {"ring": None},
            f"The blueprint of {SERIAL} is in no ring, so nothing keeps its certificate.",
        ),
        ({"rolled_out": False}, f"Kandji has no SCEP profile for the ring of {SERIAL}."),
        (
            {"profile_state": "failed"},
            f"The SCEP profile on {SERIAL} is failed, so its certificate may be gone.",
        ),
        (
            {"profile_state": "excluded"},
            f"The SCEP profile on {SERIAL} is excluded, so its certificate may be gone.",
        ),
        (
            {"profile_state": "incompatible"},
            f"The SCEP profile on {SERIAL} is incompatible, so its certificate may be gone.",
        ),
        ({"copied": True}, f"The certificate of {SERIAL} is on another Mac, too."),
        (
            {"certificates": [], "expiry_source": "ledger"},
            f"Okta shows {SERIAL} as managed, but Kandji shows no certificate of it.",
        ),
        (
            {"events": {"guo1": RecordEvents(bound=False)}},
            "The System Log has newer facts about its record guo1 than the search.",
        ),
    ],
)
def test_what_cannot_be_known_is_said(facts: dict[str, t.Any], reason: str) -> None:
    assert of_ada(managed(**facts)) == Outlook("unknown", reason)


@pytest.mark.parametrize(
    "facts",
    [
        {"profile_state": "pending"},
        {"certificates": [], "unproved": ["2026-11-10T00:00:00Z"]},
        {"certificates": [], "expiry_source": "mac"},
        {"certificates": [], "expiry_source": "", "events": {"guo1": RecordEvents(bound=True)}},
    ],
)
def test_what_proves_a_certificate_is_enough(facts: dict[str, t.Any]) -> None:
    assert of_ada(managed(**facts)) == Outlook("yes", NAMED, EXPIRES, EXPIRES)


def test_a_bound_certificate_may_be_gone_with_its_profile() -> None:
    facts = managed(
        certificates=[],
        expiry_source="",
        profile_state="pending",
        events={"guo1": RecordEvents(bound=True)},
    )
    assert of_ada(facts).today == "unknown"


def test_a_binding_of_another_record_proves_nothing() -> None:
    other = record(record_id="guo2", ada="MANAGED")
    facts = managed(
        certificates=[], expiry_source="", events={"guo2": RecordEvents(bound=True)}, incomplete=""
    )
    facts.records = [other]
    assert of_ada(facts).today == "yes"
    facts.events = {"guo2": RecordEvents()}
    assert of_ada(facts).today == "unknown"


def test_each_person_has_an_outlook_of_their_own() -> None:
    facts = managed(record(ada="MANAGED", ben="NOT_MANAGED"), person="Cy@acme.com")
    shown = predict_outlooks(facts, NOW)
    assert {login: outlook.today for login, outlook in shown.items()} == {
        "ada": "yes",
        "ben": "no",
        "Cy@acme.com": "no",
    }
    assert shown["ben"].reason == (
        "Okta shows it as managed for some of its users, but not for ben."
    )
    assert predict_outlook(facts, NOW) == shown["ada"]


def test_a_person_whom_okta_knows_is_there_once() -> None:
    records = DeviceRecord("guo1", "ACTIVE", users={"ada@acme.com": "MANAGED"}, serial=SERIAL)
    assert list(predict_outlooks(managed(records, person="Ada@Acme.com"), NOW)) == ["ada@acme.com"]


def test_a_mac_that_is_managed_for_others_is_not_for_its_person() -> None:
    shown = predict_outlooks(managed(person="ben@acme.com"), NOW)["ben@acme.com"]
    assert shown == Outlook("no", f"ben@acme.com has no working registration on {SERIAL}.")


def test_the_newest_record_that_works_decides() -> None:
    old, new = record(ada="NOT_MANAGED"), record(record_id="guo2", created=LATER, ada="MANAGED")
    assert of_ada(managed(old, new)).today == "yes"


@pytest.mark.parametrize("created", [BEFORE, AFTER, ""])
def test_a_newest_record_that_is_not_managed_leaves_it_open(created: str) -> None:
    other = record(record_id="guo2", ada="NOT_MANAGED")
    facts = managed(record(created=created, ada="MANAGED"), other)
    assert of_ada(facts) == Outlook(
        "unknown",
        f"Okta has several records of {SERIAL}, and the newest does not show it as managed for"
        " ada.",
    )


def test_a_record_that_does_not_work_does_not_count() -> None:
    suspended = managed(
        record(ada="MANAGED"), record("SUSPENDED", record_id="guo2", ada="NOT_MANAGED")
    )
    assert of_ada(suspended).today == "yes"


def test_a_status_that_nobody_knows_leaves_it_open() -> None:
    assert of_ada(managed(record(ada="SOON"))) == Outlook(
        "unknown", "Okta shows the status 'SOON' of management for ada."
    )


def test_a_record_whose_status_nobody_knows_leaves_it_open() -> None:
    assert of_ada(managed(record("NEW", ada="MANAGED"))) == Outlook(
        "unknown", "Okta shows the status 'NEW' for its record, which is unknown."
    )
    others = managed(record("NEW", ben="MANAGED"), record(record_id="guo2", ada="NOT_MANAGED"))
    assert of_ada(others).today == "no"


def test_of_a_mac_that_is_not_known_whole_nobody_is_surely_refused() -> None:
    facts = managed(record(ada="NOT_MANAGED"), incomplete="Tables changed.")
    assert of_ada(facts) == Outlook("unknown", "Tables changed.")


def test_a_mac_whose_certificate_has_expired_says_so() -> None:
    expired = {"expires": "2026-11-30T00:00:00Z", "expiry_source": "mac"}
    reason = "Its newest certificate expired on 2026-11-30."
    assert predict_outlook(mac(**expired), NOW) == Outlook("no", reason)
    assert of_ada(mac(record(ada="NOT_MANAGED"), **expired)) == Outlook("no", reason)


def test_a_mac_that_is_managed_for_nobody_has_the_reason_of_its_stage() -> None:
    facts = mac(record("SUSPENDED", ada="MANAGED"))
    assert predict_outlook(facts, NOW) == Outlook("no", "Its device record in Okta is suspended.")
    assert predict_outlook(mac(), NOW).today == "no"


def test_a_mac_is_judged_by_the_person_for_whom_it_is_managed() -> None:
    facts = managed(record(ada="NOT_MANAGED", ben="SOON", cy="MANAGED"))
    assert [outlook.today for outlook in predict_outlooks(facts, NOW).values()] == [
        "no",
        "unknown",
        "yes",
    ]
    assert predict_outlook(facts, NOW).today == "yes"
    facts = managed(record(ada="NOT_MANAGED", ben="SOON"))
    assert predict_outlook(facts, NOW).today == "unknown"


@pytest.mark.parametrize(
    "facts, name",
    [
        ({"name": "Ada's Mac", "device_id": "d1"}, "Ada's Mac"),
        ({"device_id": "d1"}, "d1"),
        ({}, "guo1"),
    ],
)
def test_a_mac_without_serial_is_named_otherwise(facts: dict[str, t.Any], name: str) -> None:
    shown = managed(left_mdm=True, **facts)
    shown.serial = ""
    assert of_ada(shown).reason.startswith(f"The MDM profile of {name} is gone")


@pytest.mark.parametrize("status", ["MANAGED", "NOT_MANAGED"])
def test_a_mac_that_left_mdm_may_be_erased_and_have_no_account(status: str) -> None:
    assert of_ada(mac(record(ada=status), left_mdm=True)).superseded.endswith(
        "If the Mac was erased, it has lost the account."
    )
    assert of_ada(mac(record(ada=status))).superseded == ""


def test_a_state_at_a_time() -> None:
    at = EXPIRES
    assert Outlook("no", "").state_at(at) == "no"
    assert Outlook("unknown", "").state_at(at) == "unknown"
    assert Outlook("unknown", "", ends=at).state_at(at) == "no"
    assert Outlook("unknown", "", ends=at).state_at(at - DAY) == "unknown"
    assert Outlook("yes", "").state_at(at) == "yes"


@pytest.mark.parametrize(
    "newest",
    [record("SUSPENDED", created=AFTER, ada="MANAGED"), record("DEACTIVATED", created=AFTER)],
)
def test_an_older_record_does_not_speak_for_a_newest_one_that_is_blocked(
    newest: DeviceRecord,
) -> None:
    """The Mac was erased, and the account that its person added since is blocked."""
    outlook = of_ada(managed(record(created=BEFORE, ada="MANAGED"), newest))
    assert outlook.today == "unknown" and outlook.reason.startswith(
        f"The newest record that Okta has of {SERIAL} is {newest.status}, and an older one"
    )
    older = record(newest.status, created=BEFORE, ada="MANAGED")
    assert of_ada(managed(older, record(created=AFTER, ada="MANAGED"))).today == "yes"


def test_an_older_record_does_not_speak_for_a_newest_one_of_somebody_else() -> None:
    newest = record(record_id="guo2", created=LATER, ben="MANAGED")
    shown = predict_outlooks(managed(record(ada="MANAGED"), newest), NOW)
    assert shown["ben"].today == "yes"
    why = f"The newest record that Okta has of {SERIAL} is not of ada, and an older one is of ada."
    assert shown["ada"] == Outlook("unknown", why, superseded=why)


def test_a_newest_record_that_nobody_uses_is_not_of_the_person() -> None:
    newest = record(record_id="guo2", created=LATER)
    why = f"The newest record that Okta has of {SERIAL} is not of ada, and an older one is of ada."
    assert of_ada(managed(record(ada="MANAGED"), newest)).superseded == why


def test_of_several_newest_records_a_deleted_one_is_named() -> None:
    ended = {"guo3": RecordEvents("DELETED", registered_at=LATER)}
    newest = record("SUSPENDED", record_id="guo2", created=LATER, ada="MANAGED")
    shown = of_ada(managed(record(ada="MANAGED"), newest, events=ended))
    assert shown.superseded == OLDER_THAN_DELETED


def test_a_newest_record_without_a_status_does_not_work() -> None:
    newest = record("", record_id="guo2", created=LATER, ada="MANAGED")
    assert of_ada(managed(record(ada="MANAGED"), newest)).reason.startswith(
        f"The newest record that Okta has of {SERIAL} is without a status, and an older"
    )


def test_a_newer_record_of_another_person_that_is_blocked_leaves_it_unknown() -> None:
    of_ben = record("SUSPENDED", record_id="guo2", created=LATER, ben="MANAGED")
    shown = of_ada(managed(record(ada="MANAGED"), of_ben))
    assert shown.today == "unknown" and "is not of ada" in shown.reason


# Certificates that nobody may have used

REVOKED = datetime(2026, 12, 3, 8, tzinfo=timezone.utc)  # 90 days after its issue
RENEWED = {"expires": "2027-09-04T08:00:00Z", "expiry_source": "mac"}
OLD = record(created="2026-01-01T00:00:00.000Z", ada="MANAGED")


def test_a_certificate_that_may_be_unused_is_sure_for_ninety_days() -> None:
    shown = of_ada(managed(OLD, **RENEWED))
    assert shown == Outlook(
        "yes",
        f"Whether the certificate of {SERIAL} of 2026-09-04 was used is unknown. Okta revokes it on"
        " 2026-12-03 if nobody signs in with Okta FastPass before.",
        REVOKED,
        datetime(2027, 9, 4, 8, tzinfo=timezone.utc),
    )
    assert [shown.state_at(REVOKED - DAY), shown.state_at(REVOKED)] == ["yes", "unknown"]
    used = of_ada(managed(OLD, **RENEWED, last_bound="2026-11-30T00:00:00Z"))
    assert (used.today, used.sure_until) == ("yes", used.ends)


def test_a_certificate_that_okta_may_revoke_today_leaves_it_open() -> None:
    shown = of_ada(managed(OLD, **{**RENEWED, "expires": "2027-09-02T00:00:00Z"}))
    assert (shown.today, shown.sure_until) == ("unknown", None)
    assert "Okta revokes it on 2026-12-01 if nobody" in shown.reason
    before = of_ada(managed(OLD, **{**RENEWED, "expires": "2027-09-02T00:00:01Z"}))
    assert before.today == "yes"


def test_a_certificate_that_okta_revoked_leaves_it_open() -> None:
    facts = {**RENEWED, "expires": "2027-08-01T00:00:00Z", "last_revoked": "2026-11-01T00:00:00Z"}
    assert of_ada(managed(OLD, **facts)) == Outlook(
        "unknown",
        f"Okta revoked a certificate of {SERIAL} that nobody used, probably that of 2026-08-01, and"
        " still shows the Mac as managed.",
    )


def test_a_certificate_before_an_unused_one_that_expires_first_ends_it() -> None:
    seen = ["2026-09-04T08:00:00Z", "2025-12-03T08:00:00Z"]
    shown = of_ada(managed(OLD, **RENEWED, certificates=seen))
    assert (shown.today, shown.sure_until) == ("yes", REVOKED - DAY)
    assert shown.reason == (
        f"Whether the certificate of {SERIAL} of 2026-09-04 was used is unknown, and the one before"
        " it may expire on 2026-12-02."
    )
    within_a_day = of_ada(managed(OLD, **RENEWED, certificates=[seen[0], "2025-12-01T20:00:00Z"]))
    assert (within_a_day.today, within_a_day.sure_until) == ("unknown", None)
    assert "may expire on 2026-11-30" in within_a_day.reason


def test_what_is_lost_earlier_is_said_first() -> None:
    expired = of_ada(managed(OLD, expires="2026-11-30T00:00:00Z"))
    assert expired.today == "unknown" and "expired on 2026-11-30" in expired.reason
    assert of_ada(managed(OLD, left_mdm=True, **RENEWED)).reason.startswith("The MDM profile")
    unknown = of_ada(
        managed(
            OLD, expires="", certificates=[], last_issued="2026-11-01T00:00:00Z", unproved=["?"]
        )
    )
    assert unknown.sure_until == EARLIEST


OLDER_THAN_DELETED = (
    f"The newest record that Okta has of {SERIAL} was deleted, and an older one is of ada."
)


@pytest.mark.parametrize(
    "registered, today",
    [(LATER, "unknown"), (AFTER, "yes"), (BEFORE, "yes"), ("", "yes")],
)
def test_an_older_record_does_not_speak_for_a_newest_one_that_was_deleted(
    registered: str, today: str
) -> None:
    events = {"guo2": RecordEvents("DELETED", registered_at=registered)}
    shown = of_ada(managed(record(created=AFTER, ada="MANAGED"), events=events))
    assert shown.today == today
    if today == "unknown":
        assert shown.reason == shown.superseded == OLDER_THAN_DELETED
    others = managed(record(created="", ada="MANAGED"), events=events)
    assert of_ada(others).today == "yes"
    alone = mac(record(created=AFTER, ada="NOT_MANAGED"), events=events)
    assert "was deleted" not in of_ada(alone).reason


@pytest.mark.parametrize("of", [{}, {"ada": True}, {"ben": False}])
def test_a_registration_may_be_that_of_an_older_record_which_is_not_managed_either(
    of: dict[str, bool],
) -> None:
    events = {"guo2": RecordEvents("DELETED", users=of, registered_at=LATER)}
    shown = of_ada(mac(record(created=AFTER, ada="NOT_MANAGED"), events=events))
    assert (shown.today, shown.superseded) == ("no", OLDER_THAN_DELETED)
    ended = {"guo2": RecordEvents("DEACTIVATED", users=of, registered_at=LATER)}
    assert of_ada(mac(record(created=AFTER, ada="NOT_MANAGED"), events=ended)).superseded == ""


def test_a_record_that_the_search_still_shows_was_not_lost() -> None:
    events = {"guo1": RecordEvents("DELETED", registered_at=LATER)}
    shown = mac(record(record_id="guo1", ada="NOT_MANAGED"), events=events)
    assert of_ada(shown).superseded == ""


def test_a_person_without_a_record_that_works_has_no_older_one() -> None:
    shown = of_ada(mac(record("SUSPENDED", ada="NOT_MANAGED")))
    assert (shown.today, shown.superseded) == ("no", "")


def test_an_unreadable_status_does_not_hide_that_a_newer_record_is_of_somebody_else() -> None:
    newest = record(record_id="guo2", created=LATER, ben="MANAGED")
    shown = of_ada(mac(record(ada="NEW_WORD"), newest))
    assert shown.today == "unknown" and "is not of ada" in shown.superseded
    assert "NEW_WORD" in shown.reason


AGAIN = (
    f"Kandji enrolled {SERIAL} on 2026-11-20, and nothing shows that ada has used Okta Verify on it"
    " since. An erased Mac has lost the account."
)


def test_a_record_from_before_the_mac_was_enrolled_again_leaves_it_open() -> None:
    facts = managed(enrolled="2026-11-20 10:00:00.961496+00:00")
    shown = of_ada(facts)
    assert shown == Outlook("unknown", AGAIN, superseded=AGAIN)
    assert of_ada(managed(enrolled="2026-11-10 10:00:00+00:00")).today == "yes"
    registered = of_ada(mac(record(ada="NOT_MANAGED"), enrolled=facts.enrolled))
    assert (registered.today, registered.superseded) == ("no", AGAIN)
    suspended = record("SUSPENDED", record_id="guo2", created=LATER, ada="MANAGED")
    assert "is SUSPENDED" in of_ada(managed(OLD, suspended, enrolled=facts.enrolled)).reason


def test_a_record_from_before_an_enrollment_counts_once_a_certificate_of_it_was_kept() -> None:
    """Kandji saw it 100 days ago, and Okta did not revoke it."""
    facts = managed(
        record(created="2026-01-05T00:00:00Z", ada="MANAGED"),
        enrolled="2026-08-20 10:00:00+00:00",
        certificates=["2026-08-23T00:00:00Z", "2026-11-20T00:00:00Z"],
        **{**KNOWN, "expires": "2027-11-20T00:00:00Z"},
    )
    assert of_ada(facts).superseded.startswith("Kandji enrolled"), "the log was not read"
    whole = replace(NOW, log_since=NOW.now - timedelta(days=90))
    assert predict_outlooks(facts, whole)["ada"].today == "yes"
    revoked = predict_outlooks(replace(facts, last_revoked="2026-11-21T00:00:00Z"), whole)["ada"]
    assert revoked.superseded.startswith("Kandji enrolled")


def test_the_person_of_kandji_is_known_by_the_addresses_of_all_macs() -> None:
    facts = mac(record(ada="MANAGED"), person="Ada.Long@acme.com")
    assert [*predict_outlooks(facts, NOW)] == ["ada", "Ada.Long@acme.com"]
    assert [*predict_outlooks(facts, NOW, {"ada.long@acme.com": "ada"})] == ["ada"]


def test_a_person_with_a_name_alone_is_not_the_user_of_a_record_that_is_blocked() -> None:
    blocked = record("SUSPENDED", ada="MANAGED")
    assert [*predict_outlooks(mac(blocked, person="Ben Wu"), NOW)] == ["ada", "Ben Wu"]
    assert [*predict_outlooks(mac(record(ada="MANAGED"), person="Ben Wu"), NOW)] == ["ada"]
