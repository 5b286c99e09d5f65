# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ring goes, which waits, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates import (
    renewal,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.renewal import (
    Decision,
    MacCertificate,
    Pace,
    RingFacts,
    decide,
)

NOW = datetime(2027, 10, 25, 3, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def mac(expires_in: float | None, present: bool = True, serial: str = "A") -> MacCertificate:
    expires = None if expires_in is None else NOW + days(expires_in)
    return MacCertificate(serial, present, expires)


def ring(*macs: MacCertificate, name: str = "canary", written: float = 335) -> RingFacts:
    return RingFacts(name, True, NOW - days(written), "1", macs, len(macs))


@pytest.mark.parametrize(
    "certificate, healthy, due",
    [
        (MacCertificate("A", True, NOW + SECOND), True, False),
        (MacCertificate("A", True, NOW), False, True),
        (MacCertificate("A", True, NOW - SECOND), False, True),
        (MacCertificate("A", True, None), False, False),
        (MacCertificate("A", False, NOW + SECOND), False, False),
        (MacCertificate("A", False, NOW - SECOND), False, False),
        (MacCertificate("A", False, None), False, False),
        # A certificate of a subject without $PROFILE_UUID cannot be proved, and is due like others.
        (MacCertificate("A", True, NOW + SECOND, "unknowable"), True, False),
        (MacCertificate("A", True, NOW + SECOND, "missing"), False, False),
        (MacCertificate("A", True, NOW - SECOND, "missing"), False, True),
    ],
)
def test_a_mac_is_healthy_or_due_by_its_profile_and_the_expiry_of_its_certificate(
    certificate: MacCertificate, healthy: bool, due: bool
) -> None:
    assert certificate.is_healthy(NOW) is healthy
    assert certificate.is_due(NOW) is due


@pytest.mark.parametrize(
    "macs, percent",
    [
        ([], 100),
        ([mac(1)], 100),
        ([mac(-1)], 0),
        ([mac(1), mac(1, present=False)], 50),
        ([mac(1), mac(1), mac(None)], 66),
    ],
)
def test_the_healthy_share_of_a_ring(macs: list[MacCertificate], percent: int) -> None:
    assert ring(*macs).count_healthy_percent(NOW) == percent


def test_certificates_that_cannot_be_distinguished_are_warned_of() -> None:
    unknowable = replace(mac(300), proof="unknowable")
    facts = ring(unknowable, unknowable, mac(300), replace(unknowable, is_present=False))
    assert renewal.warn_unknowable(facts) == (
        "rings: the certificates of 2 Macs of canary cannot be distinguished from those of other"
        " authorities, since the subject has no $PROFILE_UUID. When they expire is estimated from"
        " when the profile came. Set certificate_check_item_id or state_dir, or add $PROFILE_UUID"
        " to the subject."
    )
    assert renewal.warn_unknowable(ring(mac(300), replace(mac(300), proof="missing"))) == ""


def test_due_serials_are_sorted() -> None:
    facts = ring(mac(9, serial="B"), mac(11, serial="C"), mac(10, serial="A"))
    assert facts.find_due_serials(NOW + days(10)) == ["A", "B"]


@pytest.mark.parametrize(
    "written, enrolling",
    [
        (NOW, 3),
        (NOW - timedelta(minutes=59, seconds=59), 3),
        (NOW - timedelta(hours=1), 0),
        (None, 0),
    ],
)
def test_the_devices_of_a_ring_enroll_for_an_hour_after_a_write(
    written: datetime | None, enrolling: int
) -> None:
    assert RingFacts("canary", True, written, to_enroll=3).count_enrolling(NOW) == enrolling


@pytest.mark.parametrize(
    "facts, renew, reason, due",
    [
        (ring(mac(30)), True, "1 certificates expire within 30 days; 1 Macs enroll.", ["A"]),
        (ring(mac(30.1)), False, "No certificate expires within 30 days.", []),
        (ring(mac(-5)), True, "1 certificates expire within 30 days; 1 Macs enroll.", ["A"]),
        (
            ring(mac(None)),
            False,
            "No certificate expires within 30 days. Certificates whose expiry is unknown: 1.",
            [],
        ),
        (
            ring(mac(9), mac(200, serial="B")),
            True,
            "1 certificates expire within 30 days; 2 Macs enroll.",
            ["A"],
        ),
        (
            ring(mac(-5, present=False), mac(200)),
            False,
            "No certificate expires within 30 days. Macs that are not known to hold its present"
            " generation: 1. Another generation would not help them.",
            [],
        ),
        (
            ring(mac(10), written=59.9),
            False,
            "The profile was written 59 days ago; at most one generation in 60 days.",
            ["A"],
        ),
        (
            ring(mac(10), written=60),
            True,
            "1 certificates expire within 30 days; 1 Macs enroll.",
            ["A"],
        ),
        (ring(), False, "No certificate expires within 30 days.", []),
        (
            RingFacts("canary", False),
            False,
            "The ring has no SCEP profile yet; playbooks/site.yml creates it.",
            [],
        ),
        (
            replace(ring(mac(1)), written=None),
            False,
            "Kandji does not report when the profile was last written, so the time between two"
            " generations cannot be limited.",
            ["A"],
        ),
    ],
)
def test_one_ring(facts: RingFacts, renew: bool, reason: str, due: list[str]) -> None:
    assert decide([facts], NOW, Pace()) == [
        Decision(
            "canary",
            renew,
            reason,
            "renewed-2027-10-25" if renew else facts.generation,
            facts.to_enroll if renew else 0,
            due,
            False,
            facts.count_healthy_percent(NOW),
        )
    ]


def test_the_options_set_when_a_ring_is_due() -> None:
    facts = ring(mac(10), written=20)
    [decision] = decide([facts], NOW, Pace(renew_within_days=9, min_days_between=20))
    assert decision.reason == "No certificate expires within 9 days."
    [decision] = decide([facts], NOW, Pace(renew_within_days=10, min_days_between=20))
    assert decision.renew


def test_one_ring_renews_at_a_time_and_all_others_wait_for_it() -> None:
    names = ("canary", "wide", "last")
    decisions = decide([ring(mac(10), name=name) for name in names], NOW, Pace())
    assert [(one.renew, one.waiting, one.macs_to_enroll) for one in decisions] == [
        (True, False, 1),
        (False, True, 0),
        (False, True, 0),
    ]
    assert {one.reason for one in decisions[1:]} == {"It is due, but waits for the ring canary."}
    assert decisions[1].generation == "1"


def test_a_ring_behind_one_that_waits_waits_too() -> None:
    sick, wide, last = (
        ring(mac(None), name="sick", written=1),
        ring(mac(10), name="wide"),
        ring(mac(10), name="last"),
    )
    assert [one.reason for one in decide([sick, wide, last], NOW, Pace())[1:]] == [
        "It is due, but waits for the ring sick: 0 % of its Macs are healthy, and 90 % have to be.",
        "It is due, but waits for the ring wide.",
    ]


def test_a_ring_that_is_not_due_holds_up_no_other() -> None:
    first, second = decide([ring(mac(300)), ring(mac(10), name="wide")], NOW, Pace())
    assert (first.renew, first.waiting, second.renew) == (False, False, True)


@pytest.mark.parametrize(
    "macs, percent, renew",
    [
        ([mac(300)] * 9 + [mac(None)], 90, True),
        ([mac(300)] * 9 + [mac(None)], 91, False),
        ([mac(300)] * 8 + [mac(9, False)] * 2, 90, False),
        ([mac(None)], 0, True),
    ],
)
def test_the_next_ring_waits_until_the_one_before_is_healthy(
    macs: list[MacCertificate], percent: int, renew: bool
) -> None:
    rings = [ring(*macs, written=1), ring(mac(10), name="wide")]
    decision = decide(rings, NOW, Pace(min_healthy_percent=percent))[1]
    assert decision.renew is renew and decision.waiting is not renew


@pytest.mark.parametrize(
    "between",
    [ring(name="between"), ring(mac(300), name="between"), RingFacts("between", False)],
    ids=["without Macs", "not due", "without a profile"],
)
def test_a_ring_that_is_not_due_lets_no_other_pass_an_unhealthy_one(between: RingFacts) -> None:
    rings = [ring(mac(None), written=1), between, ring(mac(10), name="wide")]
    assert decide(rings, NOW, Pace())[2].reason == (
        "It is due, but waits for the ring canary: 0 % of its Macs are healthy, and 90 % have to"
        " be."
    )


def test_a_ring_that_waits_while_its_certificates_expire_is_warned_of() -> None:
    """The run ends well, and nobody would look at it before people cannot sign in."""
    sick = ring(mac(None), name="sick", written=1)
    late = ring(mac(7, serial="A"), mac(-1, serial="B"), mac(7.1, serial="C"), name="wide")
    rings = [sick, late, ring(mac(7.1), name="last")]
    decisions = decide(rings, NOW, Pace())
    assert [renewal.warn_late(*pair, NOW) for pair in zip(rings, decisions, strict=True)] == [
        "",
        "rings: 2 certificates of wide have expired or expire within 7 days. It is due, but waits"
        " for the ring sick: 0 % of its Macs are healthy, and 90 % have to be. Check the rings"
        " before it in the report. If you know the Macs that are missing there, lower"
        " min_healthy_percent for one run.",
        "",
    ]
    [alone] = decide([late], NOW, Pace())
    assert alone.renew and renewal.warn_late(late, alone, NOW) == ""


@pytest.mark.parametrize(
    "limit, written, renew",
    [(None, 0, True), (3, 0, True), (2, 0, False), (2, 1, True), (0, 1, True)],
)
def test_the_limit_counts_what_enrolls_in_this_hour(
    limit: int | None, written: float, renew: bool
) -> None:
    before = ring(mac(300), mac(300), written=written)
    pace = Pace(max_enrollments_per_hour=limit)
    decision = decide([before, ring(mac(10), name="wide")], NOW, pace)[1]
    assert decision.renew is renew
    assert renew or decision.reason == (
        "It is due, but waits: 2 Macs enroll in this hour already, and 1 more would pass 2 an hour."
    )


def test_a_ring_above_the_limit_renews_alone() -> None:
    assert decide([ring(mac(10), mac(10))], NOW, Pace(max_enrollments_per_hour=1))[0].renew


def test_after_a_reset_of_the_secret_rings_are_due_by_what_they_hold() -> None:
    stale = replace(ring(mac(300), written=3), has_stale_secret=True)
    wide = replace(stale, name="wide")
    first, second = decide([stale, wide], NOW, Pace(rotate=True))
    assert first == Decision(
        "canary",
        True,
        "The profile holds another challenge; 1 Macs enroll with the new one.",
        "1",
        1,
        [],
        False,
        100,
    )
    assert (second.renew, second.waiting) == (False, True)
    first, second = decide([ring(mac(9), written=0), wide], NOW, Pace(rotate=True))
    assert first == Decision(
        "canary", False, "The profile holds this challenge already.", "1", 0, [], False, 100
    )
    assert second.renew


def test_an_expiry_that_nobody_read_is_estimated() -> None:
    assert renewal.estimate_expiry(NOW, NOW - days(9)) == NOW + days(365)
    assert renewal.estimate_expiry(None, NOW) == NOW + days(365)
    assert renewal.estimate_expiry(None, None) is None


# After the certificate authority was renewed


def test_rings_that_were_written_before_the_move_are_due_whatever_their_certificates_say() -> None:
    pace = Pace(written_before=NOW - days(1))
    old, new = ring(mac(300), written=2), ring(mac(300), name="wide", written=0.5)
    first, second = decide([old, new], NOW, pace)
    assert (first.renew, first.generation) == (True, "authority-2027-10-25")
    assert first.reason == "Its profile was written before 2027-10-24 03:00; 1 Macs enroll."
    assert (second.renew, second.generation) == (False, "1")
    assert second.reason == "Its profile was written after 2027-10-24 03:00."
    (at_once,) = decide([ring(mac(300), written=1)], NOW, pace)
    assert not at_once.renew, "a profile that was written at that time may be of the new authority"


KEY = "53D22A615854286F8CD72E3E18E0FACC7A9D3948"


@pytest.mark.parametrize(
    "keys, key_id, renew",
    [
        ([KEY, KEY], KEY, False),
        ([KEY, KEY], "", True),
        ([KEY, "1699E426"], KEY, True),  # one has a certificate of the former key
        ([KEY, ""], KEY, True),  # of one nothing is known
        ([], KEY, True),
    ],
)
def test_what_each_mac_reports_outweighs_the_last_change_of_the_platform(
    keys: list[str], key_id: str, renew: bool
) -> None:
    """The date of a platform's last change need not be that of its move."""
    macs = [replace(mac(300), authority_key_id=key) for key in keys]
    late = replace(mac(300, present=False), authority_key_id="1699E426")
    pace = Pace(written_before=NOW, authority_key_id=key_id)
    (decision,) = decide([ring(*macs, late, written=2)], NOW, pace)
    assert decision.renew is renew
    if not renew:
        assert decision.reason == (
            "Each of its Macs that hold the profile reports a certificate of the renewed key."
        )


def test_rings_go_one_after_the_other_then_too() -> None:
    pace = Pace(written_before=NOW, min_days_between=60)
    first, second = decide([ring(mac(300), written=2), ring(mac(300), name="wide")], NOW, pace)
    assert first.renew and not second.renew
    assert second.reason == "It is due, but waits for the ring canary."
    unhealthy = replace(ring(mac(300, present=False), written=-1))
    _done, waits = decide([unhealthy, ring(mac(300), name="wide")], NOW, pace)
    assert "waits for the ring canary: 0 % of its Macs are healthy" in waits.reason


def test_a_ring_whose_last_write_is_unknown_is_left_to_a_person() -> None:
    (decision,) = decide([replace(ring(mac(3)), written=None)], NOW, Pace(written_before=NOW))
    assert not decision.renew and decision.reason == (
        "Kandji does not report when the profile was last written. Give the ring another"
        " generation."
    )


def test_what_a_profile_pins_is_in_the_decision() -> None:
    pinned = replace(ring(mac(300)), pinned_fingerprint="ab" * 32)
    (decision,) = decide([pinned], NOW, Pace())
    assert decision.pinned_fingerprint == "ab" * 32


def test_an_expiry_by_hand_is_found_by_any_spelling_of_the_serial() -> None:
    known = renewal.read_expiry_option({" c02xk1zajg5j ": "2027-10-24T08:00:00Z"})
    assert known == {"C02XK1ZAJG5J": datetime(2027, 10, 24, 8, tzinfo=timezone.utc)}


@pytest.mark.parametrize(
    ("expiry", "says"),
    [
        ({"C1": "01/12/2026"}, "^certificate_expiry, C1: '01/12/2026' is not a time"),
        (
            {"C1": "2026-12-01", "c1": "2027-12-01"},
            "^certificate_expiry: it names the Mac C1 twice. Remove one of them.$",
        ),
        ({"C1": "2026-12-01", "C1 ": "2026-12-01"}, "names the Mac C1 twice"),
        ({"C1": None}, "^certificate_expiry, C1: 'None' is not a time"),
    ],
)
def test_an_expiry_by_hand_that_is_unclear_is_refused(expiry, says) -> None:
    with pytest.raises(BadOption, match=says):
        renewal.read_expiry_option(expiry)


def test_a_date_by_hand_of_an_earlier_certificate_is_to_be_removed() -> None:
    old = replace(mac(300, serial="B"), has_outdated_option=True)
    rings = [ring(old, mac(300)), ring(replace(old, serial="A"), old, name="wide")]
    assert renewal.warn_outdated_option(rings) == (
        "certificate_expiry: the date of A, B is older than the Mac's present certificate, so it is"
        " ignored. Remove it."
    )
    many = ring(*(replace(old, serial=serial) for serial in "ABCDEF"))
    assert "the date of A, B, C, D, E and 1 more is older" in renewal.warn_outdated_option([many])
    assert renewal.warn_outdated_option([ring(mac(300))]) == ""


OURS = "https://acme.okta.com/pki/AB/scep/rac1"
THEIRS = "https://other.okta.com/pki/CD/scep/rac2"


RESPELLED = OURS.replace("https://acme.okta.com", "HTTPS://ACME.okta.com:443")


def test_a_ring_that_renews_is_not_moved_to_another_scep_url() -> None:
    own = replace(ring(mac(300), name="canary"), url=OURS)
    other = replace(ring(mac(5), name="fleet"), url=THEIRS, to_enroll=3)
    last = replace(ring(mac(300), name="last"), url=THEIRS, to_enroll=40)
    new = replace(ring(name="new"), has_profile=False)
    rings = [own, other, last, new]
    decisions = decide(rings, NOW, Pace())
    assert [each.renew for each in decisions] == [False, True, False, False]
    renewal.check_url(rings, decisions, None)
    with pytest.raises(BadOption) as caught:
        renewal.check_url(rings, decisions, OURS)
    assert caught.value.message == (
        f"url: the profile of fleet enrolls at {THEIRS}, and the SCEP URL to write is {OURS}. A"
        " renewal does not change it. If the variables of two tenants are mixed, correct them. If"
        " the change is wanted, or Okta's platform has another URL now, run site.yml with"
        " device_trust_max_reissue: 43, the Macs of all rings with another URL (fleet, last), then"
        " this again."
    )


def test_a_profile_that_enrolls_nowhere_does_not_renew_either() -> None:
    facts = ring(mac(5))
    with pytest.raises(BadOption, match="the profile of canary enrolls at no URL, and the SCEP"):
        renewal.check_url([facts], decide([facts], NOW, Pace()), OURS)


def test_a_ring_that_waits_with_another_scep_url_hinders_no_other() -> None:
    own = replace(ring(mac(5), name="canary"), url=OURS)
    other = replace(ring(mac(5), name="fleet"), url=THEIRS)
    decisions = decide([own, other], NOW, Pace())
    assert [(each.renew, each.waiting) for each in decisions] == [(True, False), (False, True)]
    renewal.check_url([own, other], decisions, RESPELLED)
    said = renewal.warn_url([own, other], decisions, RESPELLED)
    assert said.startswith(f"url: the profile of fleet enrolls at {THEIRS}, and")
    assert said.endswith("fleet waits, and the run fails when it is to renew.")


def test_a_ring_that_is_not_due_may_have_another_scep_url() -> None:
    facts = replace(ring(mac(300)), url=THEIRS)
    renewal.check_url([facts], decide([facts], NOW, Pace()), OURS)
    assert renewal.warn_url([facts], decide([facts], NOW, Pace()), OURS) == ""


# Options

OPTIONS: dict[str, object] = {
    "renew_within_days": 20,
    "min_days_between": 40,
    "min_healthy_percent": 80,
    "max_enrollments_per_hour": 200,
    "challenge": None,
    "written_before": None,
    "authority_key_id": None,
}


def test_the_pace_is_that_of_the_options() -> None:
    assert Pace.from_params(OPTIONS) == Pace(20, 40, 80, 200)
    assert Pace.from_params({**OPTIONS, "challenge": "q7Zk2b9Xv4"}).rotate
    moved = {**OPTIONS, "written_before": "2027-10-25T03:00:00Z", "authority_key_id": "ab" * 20}
    assert Pace.from_params(moved) == Pace(20, 40, 80, 200, False, NOW, "AB" * 20)
    with pytest.raises(BadOption, match="^authority_key_id: '1699E4' is not a key identifier"):
        Pace.from_params({**moved, "authority_key_id": "1699E4"})
    with pytest.raises(BadOption, match="^written_before: 'soon' is not a time"):
        Pace.from_params({**moved, "written_before": "soon"})


def test_a_key_needs_the_time_of_the_move() -> None:
    renewal.check_key_option(None, None)
    renewal.check_key_option("AB", "2027-10-25")
    renewal.check_key_option(None, "2027-10-25")
    with pytest.raises(BadOption, match="^written_before: it is not set, so which profiles were"):
        renewal.check_key_option("AB", None)


def test_dates_of_macs_that_kandji_does_not_have_are_warned_of() -> None:
    expiry = {"C02": NOW, "C01": NOW, "C03": NOW}
    assert renewal.warn_unknown_macs(expiry, ["C01", "C02", "C03", "C04"]) == ""
    assert renewal.warn_unknown_macs({}, []) == ""
    assert renewal.warn_unknown_macs(expiry, ["C03"]) == (
        "certificate_expiry: Kandji has no Mac C01, C02, so that nothing is renewed because of it."
        " Correct the serial number, or remove it."
    )


def test_macs_that_are_unknown_are_counted() -> None:
    hidden = replace(mac(9), is_present=False, is_unknown=True)
    (decision,) = decide([ring(mac(9), hidden)], NOW, Pace())
    assert (decision.healthy_percent, decision.certificates_unknown) == (50, 1)
