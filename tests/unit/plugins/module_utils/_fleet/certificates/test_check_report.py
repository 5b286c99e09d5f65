# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs of the certificate check: whole, cut, with other output around, of other versions."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates import (
    check_report as certificate_check,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.check_report import (
    CheckedExpiry,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.certificate_proof import (
    UNKNOWN,
    Subject,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    ItemStatus,
)
from hypothesis import given, strategies


def identity(end="2027-11-23T10:00:00Z", digit="a", **values):
    return {
        "cn": "C02XK1ZAJG5J",
        "issuer": "CA",
        "not_after": end,
        "sha256": digit * 64,
        "in": "system",
        **values,
    }


def line(*identities, version=1, **values):
    body = {
        "device_trust_certificates": version,
        "okta_verify": "9.52.0",
        "scep_profiles": 1,
        "count": len(identities),
        "left_out": 0,
        **values,
    }
    return json.dumps({**body, "identities": list(identities)}, separators=(",", ":"))


def row(log, device_id="AAAA", **values):
    return {"computer": {"id": device_id, "name": "A Mac"}, "status": "PASS", "log": log, **values}


TWO = line(identity("2027-11-23T10:00:00Z", "a"), identity("2027-01-01T00:00:00Z", "b"))


def expiry_by_device(statuses, key_ids=(), subject=UNKNOWN):
    keys = key_ids if isinstance(key_ids, dict) else dict.fromkeys(key_ids)
    return certificate_check.expiries_of(certificate_check.read_checks(statuses), keys, subject)


@pytest.mark.parametrize(
    "log",
    [
        TWO,
        f"Executing...\n{TWO}\nExit code: 0",
        f"noise {TWO}",
        TWO + "\n\n",
        TWO.replace(":1,", ": 1,"),
        TWO.replace(":1,", ":2,", 1),
    ],
)
def test_the_line_is_found_wherever_it_stands(log):
    check = certificate_check.read_check(log)
    assert check and (check.count, len(check.identities)) == (2, 2)


@pytest.mark.parametrize(
    "log",
    [
        None,
        "",
        "hello",
        "{}",
        certificate_check.MARK,
        certificate_check.MARK + "1",
        certificate_check.MARK + "null}",
        "Exit code: 1",
    ],
)
def test_what_is_no_line_of_the_check_is_none(log):
    assert certificate_check.read_check(log) is None


def test_of_a_line_that_was_cut_the_whole_identities_count():
    cut = TWO[: TWO.index("b" * 64)]
    check = certificate_check.read_check(cut)
    assert check and check.count == 2 and [one.sha256 for one in check.identities] == ["a" * 64]
    headless = certificate_check.read_check(TWO[: TWO.index(',"count"')] + ",")
    assert headless == certificate_check.CheckReport((), 0)


def test_the_last_of_several_lines_counts():
    check = certificate_check.read_check(f"{TWO}\n{line()}")
    assert check and check.identities == ()


@pytest.mark.parametrize(
    "wrong", [identity("someday"), identity(sha256="zz"), {"cn": "x"}, identity(None)]
)
def test_an_identity_without_end_or_fingerprint_is_left_out(wrong):
    check = certificate_check.read_check(line(wrong, identity()))
    assert check and len(check.identities) == 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (r"Zo\C3\AB", "Zoë"),
        (r"a\\C3b", r"a\C3b"),
        (r"a\0Ab", "a\nb"),
        (r"cut \C3...", "cut ..."),
        ("cut \\", "cut "),
        # openssl escapes them; whatever else printed them is not trusted to be UTF-8
        ("Zo\u00eb \ud800", "Zo? ?"),
        (None, ""),
    ],
)
def test_names_are_unescaped(text, name):
    check = certificate_check.read_check(line(identity(cn=text)))
    assert check and check.identities[0].common_name == name


def test_when_the_last_certificate_of_each_mac_expires():
    rows = [
        row(TWO, "AAAA"),
        row(line(), "BBBB"),
        row("no output", "CCCC"),
        row(None, "DDDD", last_audit_log=TWO),
        row(line(), "DDDD"),
        {**row(line(identity("2026-01-01T00:00:00Z")), "AAAA"), "reported_at": None},
        {**row(TWO, "AAAA"), "reported_at": "2026-11-01T10:00:00Z"},
    ]
    assert expiry_by_device(map(ItemStatus.from_row, rows)) == {
        "aaaa": CheckedExpiry(
            "2027-11-23T10:00:00Z", datetime(2026, 11, 1, 10, tzinfo=timezone.utc)
        ),
        "dddd": CheckedExpiry("2027-11-23T10:00:00Z"),
    }


@given(
    strategies.text(max_size=40),
    strategies.integers(min_value=0, max_value=len(TWO)),
    strategies.text(max_size=40),
)
def test_no_log_is_too_strange(before, length, after):
    certificate_check.read_check(before + TWO[:length] + after)
    certificate_check.read_check(certificate_check.MARK + "1," + before + '"identities":[{' + after)


A, B = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    "identities, count, found, counted",
    [
        ([identity()], 0, [A], 1),
        ([identity()], 1, [A], 1),
        ([identity()], 5, [A], 5),
        ([identity()], None, [A], 1),
        ([identity()], "7", [A], 1),
        ([identity(), identity()], 2, [A], 2),
        ([], 3, [], 3),
        # The newest first; of the same expiry, by fingerprint
        ([identity("2027-01-01T00:00:00Z"), identity(digit="b")], 2, [B, A], 2),
        ([identity(), identity(digit="b")], 2, [B, A], 2),
        ([identity(digit="b"), identity("2027-01-01T00:00:00Z")], 2, [B, A], 2),
        # A longer fingerprint is not one
        ([identity(sha256="a" * 65)], 1, [], 1),
    ],
)
def test_identities_are_sorted_and_counted(identities, count, found, counted):
    check = certificate_check.read_check(line(*identities, count=count))
    assert [one.sha256 for one in check.identities] == found and check.count == counted


def test_an_identity_has_all_that_was_printed_of_it():
    printed = identity(cn="C02X", issuer="CA of Okta", **{"in": "user"})
    assert certificate_check.read_check(line(printed)).identities == (
        certificate_check.CheckedIdentity("C02X", "CA of Okta", "2027-11-23T10:00:00Z", A, "user"),
    )
    bare = certificate_check.read_check(line({"not_after": "2027-11-23", "sha256": A}))
    assert bare.identities == (
        certificate_check.CheckedIdentity("", "", "2027-11-23T00:00:00Z", A, ""),
    )


def test_identities_may_be_separated_by_spaces():
    check = certificate_check.read_check(TWO.replace("},{", "} ,  {"))
    assert [one.sha256 for one in check.identities] == [A, B]


def test_what_follows_the_report_on_its_line_is_not_part_of_it():
    check = certificate_check.read_check(TWO + ' "identities":[]')
    assert [one.sha256 for one in check.identities] == [A, B]


@pytest.mark.parametrize(
    "before, after, identities",
    [
        # A report is one line, and identities are separated by commas and spaces
        ('"identities"', '\n"identities"', []),
        ("},{", "},X{", [A]),
    ],
)
def test_what_is_not_of_the_report_ends_the_identities(before, after, identities):
    check = certificate_check.read_check(TWO.replace(before, after))
    assert [identity.sha256 for identity in check.identities] == identities


def test_what_is_cut_within_an_identity_ends_the_identities():
    cut = TWO.replace(',"sha256":"' + A, ',"sha256":' + A)
    check = certificate_check.read_check(cut)
    assert check.identities == () and check.count == 2


def test_the_first_log_with_a_report_counts():
    one = line(identity("2027-01-01T00:00:00Z"))
    statuses = [
        ItemStatus("d1", log="noise", last_audit_log=TWO, control_log=one),
        ItemStatus("d2", control_log=one),
        ItemStatus("d3", log=line()),
        ItemStatus("d4"),
    ]
    checks = certificate_check.read_checks(statuses)
    assert {device_id: check.count for device_id, check in checks.items()} == {
        "d1": 2,
        "d2": 1,
        "d3": 0,
    }
    assert expiry_by_device(statuses) == {
        "d1": CheckedExpiry("2027-11-23T10:00:00Z"),
        "d2": CheckedExpiry("2027-01-01T00:00:00Z"),
    }


@pytest.mark.parametrize(
    ("hours", "is_outdated"), [((), False), ((None,), False), ((24,), False), ((None, 25), True)]
)
def test_a_report_is_outdated_by_what_came_more_than_its_interval_later(hours, is_outdated):
    reported = datetime(2026, 11, 1, 10, tzinfo=timezone.utc)
    since = [None if each is None else reported + timedelta(hours=each) for each in hours]
    assert CheckedExpiry("2027-01-01", reported).is_outdated(*since) is is_outdated
    assert not CheckedExpiry("2027-01-01").is_outdated(*since)


@pytest.mark.parametrize("device_ids", [["old", "new"], ["new", "old"]])
def test_of_a_mac_that_was_enrolled_again_the_newest_expiry_counts(device_ids):
    expires = {"old": "2026-11-01T00:00:00Z", "new": "2027-11-01T00:00:00Z", "x": "2027-01-01"}
    by_device = {each: CheckedExpiry(expires[each]) for each in [*device_ids, "x"]}
    serials = {"old": "C02A", "new": "C02A", "y": "C02B"}
    newest = certificate_check.newest_by_serial(by_device, serials)
    assert newest == {"C02A": CheckedExpiry("2027-11-01T00:00:00Z")}


OWN, ACCESS = "1699E4263D0DC9D9FDA0B6AAE1286E5F7B57ACCC", "B94E9A79DF30FC870CF018C274138A0BF56DEB04"


def expiries(*identities, key_ids=(), subject=UNKNOWN, **values):
    status = ItemStatus.from_row(row(line(*identities, **values)))
    read = expiry_by_device([status], key_ids, subject)
    return {device_id: checked.expires for device_id, checked in read.items()}


def test_a_certificate_counts_by_the_key_that_signed_it():
    own = identity("2027-01-01T00:00:00Z", "a", aki=OWN)
    access = identity("2027-11-23T10:00:00Z", "b", aki=ACCESS.lower())
    assert expiries(own, access, key_ids={OWN}) == {"aaaa": "2027-01-01T00:00:00Z"}
    assert expiries(access, key_ids={OWN}) == {}
    assert expiries(own, access, key_ids={OWN, ACCESS}) == {"aaaa": "2027-11-23T10:00:00Z"}


def test_without_a_key_on_either_side_the_name_of_the_issuer_decides():
    access = identity("2027-11-23T10:00:00Z", "b", aki=ACCESS)
    assert expiries(access) == {"aaaa": "2027-11-23T10:00:00Z"}
    assert expiries(identity(), key_ids={OWN}) == {"aaaa": "2027-11-23T10:00:00Z"}


UUID = "0a1b0000-0000-4000-8000-00000000000a"


@pytest.mark.parametrize(("aki", "key_ids"), [(None, ()), (ACCESS, ()), (None, {OWN})])
def test_where_the_name_of_the_issuer_decides_the_uuid_of_the_profile_counts_more(aki, key_ids):
    """The authority of Device Access may have the same name."""
    key = {"aki": aki} if aki else {}
    own = identity("2027-01-01T00:00:00Z", "a", cn=f"C02XK1ZAJG5J {UUID.upper()}", **key)
    access = identity("2027-11-23T10:00:00Z", "b", cn="C02XK1ZAJG5J Device Access", **key)
    subject = Subject(frozenset({UUID}), True, True)
    assert expiries(own, access, key_ids=key_ids, subject=subject) == {
        "aaaa": "2027-01-01T00:00:00Z"
    }
    assert expiries(access, key_ids=key_ids, subject=subject) == {}


@pytest.mark.parametrize(
    ("name", "holds_uuid", "counts"),
    [
        ("C02XK1ZAJG5J Device Access", True, False),
        ("C02XK1ZAJG5J", True, False),
        # One of an earlier generation, and one whose UUID the check may have cut off
        ("C02XK1ZAJG5J 7f7f0000-0000-4000-8000-00000000000f", True, True),
        ("C02XK1ZAJG5J" + "x" * 108 + "...", True, True),
        # The subject has no UUID, or is not known
        ("C02XK1ZAJG5J", False, True),
        ("C02XK1ZAJG5J", None, True),
    ],
)
def test_a_name_without_the_uuid_that_the_subject_holds_is_of_another_authority(
    name, holds_uuid, counts
):
    subject = Subject(frozenset({UUID}), holds_uuid, True)
    expires = {"aaaa": "2027-11-23T10:00:00Z"} if counts else {}
    assert expiries(identity(cn=name), subject=subject) == expires
    assert expiries(identity(cn=name, aki=OWN), key_ids={OWN}, subject=subject) == {
        "aaaa": "2027-11-23T10:00:00Z"
    }


@pytest.mark.parametrize(
    ("key_ids", "uuids", "known"),
    [((), (), True), ((), {UUID}, False), ({OWN}, (), False), ({OWN}, {UUID}, False)],
)
def test_where_own_certificates_may_be_left_out_those_of_others_prove_nothing(
    key_ids, uuids, known
):
    """The last to expire come first, and may be of an authority with the same name."""
    foreign = [identity(f"2030-01-0{number}T00:00:00Z", str(number)) for number in range(1, 4)]
    subject = Subject(frozenset(uuids))
    read = expiries(*foreign, key_ids=key_ids, subject=subject, count=4, left_out=1)
    assert read == ({"aaaa": "2030-01-03T00:00:00Z"} if known else {})
    own = identity("2027-01-01T00:00:00Z", "a", cn=f"C02XK1ZAJG5J {UUID}", aki=OWN)
    read = expiries(*foreign, own, key_ids=key_ids, subject=subject, count=9, left_out=5)
    assert read == {"aaaa": "2030-01-03T00:00:00Z" if known else "2027-01-01T00:00:00Z"}


def test_the_key_that_signed_a_certificate_counts_as_much_as_the_uuid_of_the_profile():
    own = identity("2027-01-01T00:00:00Z", "a", cn=f"C02XK1ZAJG5J {UUID}", aki=OWN)
    other = identity("2027-11-23T10:00:00Z", "b", aki=OWN)
    subject = Subject(frozenset({UUID}), True, True)
    assert expiries(own, other, key_ids={OWN}, subject=subject) == {"aaaa": "2027-11-23T10:00:00Z"}


@given(strategies.lists(strategies.sampled_from([OWN, ACCESS, None])), strategies.booleans())
def test_no_certificate_of_another_key_ever_counts(keys, is_read):
    identities = [
        identity(f"20{30 + number}-01-01T00:00:00Z", f"{number:x}", **({"aki": key} if key else {}))
        for number, key in enumerate(keys[:9])
    ]
    signed = [each["not_after"] for each in identities if is_read and each.get("aki") == OWN]
    counted = signed or [
        each["not_after"] for each in identities if not is_read or not each.get("aki")
    ]
    expected = {"aaaa": max(counted)} if counted else {}
    assert expiries(*identities, key_ids={OWN} if is_read else ()) == expected


@pytest.mark.parametrize(
    "log",
    [
        certificate_check.MARK + '1,"count":' + "9" * 5000 + ',"identities":[]}',
        certificate_check.MARK + '1,"identities":[' + '{"a":' * 50_000,
        certificate_check.MARK + '1,"identities":[{"not_after":"9999-12-31T23:59:59-12:00"}]}',
    ],
)
def test_a_log_with_huge_numbers_or_deep_objects_has_no_identities(log):
    assert certificate_check.read_check(log).identities == ()


def test_a_digest_that_is_a_number_is_compared_as_a_text():
    numbered = line(identity(sha256=int("1" * 64)), identity())
    assert [each.sha256[0] for each in certificate_check.read_check(numbered).identities] == [
        "a",
        "1",
    ]


AUTHORITY_END = datetime(2027, 6, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("own", "end", "expires", "not_after"),
    [
        ("2027-11-23T10:00:00Z", AUTHORITY_END, "2027-06-01T00:00:00Z", "2027-11-23T10:00:00Z"),
        ("2027-05-31T10:00:00Z", AUTHORITY_END, "2027-05-31T10:00:00Z", ""),
        ("2027-11-23T10:00:00Z", None, "2027-11-23T10:00:00Z", ""),
    ],
)
def test_a_certificate_expires_with_the_one_that_signed_it(own, end, expires, not_after):
    status = ItemStatus.from_row(row(line(identity(own, aki=OWN))))
    (read,) = expiry_by_device([status], {OWN: end}).values()
    assert read == CheckedExpiry(expires, None, OWN, not_after)


def test_of_two_certificates_that_counts_whose_authority_outlives_the_other():
    old = identity("2027-11-23T10:00:00Z", "a", aki=OWN)
    new = identity("2027-10-01T00:00:00Z", "b", aki="AB" * 20)
    status = ItemStatus.from_row(row(line(old, new)))
    (read,) = expiry_by_device([status], {OWN: AUTHORITY_END, "AB" * 20: None}).values()
    assert read == CheckedExpiry("2027-10-01T00:00:00Z", None, "AB" * 20)


NAME = f"C02XK1ZAJG5J {UUID}"


@pytest.mark.parametrize(
    ("identities", "values", "names"),
    [
        ([identity(cn=NAME, aki=ACCESS)], {}, {NAME.lower()}),
        ([identity(cn=NAME.upper(), aki="AB" * 20)], {}, {NAME.lower()}),
        ([identity(cn=NAME, aki=OWN)], {}, set()),
        ([identity(cn=NAME, aki=":".join(re.findall("..", OWN.lower())))], {}, set()),
        # A key that was cut may be any.
        ([identity(cn=NAME, aki=ACCESS[:20])], {}, set()),
        ([identity(cn=NAME, aki=ACCESS + "00")], {}, set()),
        ([identity(cn=NAME)], {}, set()),  # an older check, or a certificate without the extension
        # A certificate of the authority has the same name
        ([identity(cn=NAME, aki=ACCESS), identity(cn=NAME, digit="b", aki=OWN)], {}, set()),
        ([identity(cn=NAME, aki=ACCESS), identity(cn=NAME, digit="b")], {}, set()),
        # or may have: one did not fit, or was cut
        ([identity(cn=NAME, aki=ACCESS)], {"count": 2, "left_out": 1}, set()),
        ([identity(cn=NAME, aki=ACCESS), identity(end="", digit="b", aki=OWN)], {}, set()),
        ([identity(cn="C02XK1ZAJG5J and more...", aki=ACCESS)], {}, set()),
        ([identity(cn=NAME, aki=ACCESS), identity(digit="b", aki=OWN)], {}, {NAME.lower()}),
        ([], {}, set()),
    ],
)
def test_names_of_which_each_certificate_is_of_another_key(identities, values, names):
    check = certificate_check.read_check(line(*identities, **values))
    assert certificate_check.unattested_names(check, {OWN}).names == names
    assert certificate_check.unattested_names(check, ()).names == set()


def test_such_names_are_as_old_as_the_report():
    reported = "2026-11-20T10:00:00Z"
    status = ItemStatus.from_row(
        row(line(identity(cn=NAME, aki=ACCESS)), "D-1", reported_at=reported)
    )
    (check,) = certificate_check.read_checks([status]).values()
    names = certificate_check.unattested_names(check, {OWN})
    assert names.reported_at == datetime(2026, 11, 20, 10, tzinfo=timezone.utc)


def test_the_key_of_the_last_certificate_is_known():
    own = identity("2027-01-01T00:00:00Z", "a", aki="AB" * 20)
    last = identity("2028-01-01T00:00:00Z", "b", aki=OWN)
    expiries = expiry_by_device([ItemStatus.from_row(row(line(own, last)))], {OWN, "AB" * 20})
    assert [(each.expires, each.authority_key_id) for each in expiries.values()] == [
        ("2028-01-01T00:00:00Z", OWN)
    ]
