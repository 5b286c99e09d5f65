# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger of issued certificates: merged from events, each once, and matched with serials."""

from __future__ import annotations

import json
import os
import random
import stat
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates import (
    ledger as certificate_ledger,
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
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import LogEvent

ORG = "https://acme.okta.com"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
EMPTY = certificate_ledger.Ledger(ORG)


def event(days: float, name: str, uuid: str = "", field: str = "alternateId"):
    """An event of so many days ago."""
    published = (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    target = {
        "id": "77",
        "type": "Certificate",
        "alternateId": None,
        "displayName": None,
        "detailEntry": None,
    }
    target[field] = {"cn": name} if field == "detailEntry" else name
    return LogEvent.from_row(
        {
            "uuid": uuid or f"{name}-{days}",
            "published": published,
            "eventType": "pki.cert.issue",
            "target": [target],
        }
    )


@pytest.mark.parametrize("field", ["alternateId", "displayName", "detailEntry"])
def test_whatever_field_has_the_name_the_expiry_is_estimated(field):
    book = certificate_ledger.merge(EMPTY, [event(10, "C02A 5D9E", field=field)], 365, NOW)
    assert certificate_ledger.expiry_by_serial(book, ["C02A", "C02B"], 365) == {
        "C02A": "2027-11-13T10:00:00Z"
    }


def test_the_last_certificate_of_a_mac_counts():
    book = certificate_ledger.merge(
        EMPTY, [event(10, "c02a one"), event(300, "C02A two"), event(20, "C02A three")], 365, NOW
    )
    assert certificate_ledger.expiry_by_serial(book, ["C02A"], 100) == {
        "C02A": "2027-02-21T10:00:00Z"
    }


UUID = "0a1b0000-0000-4000-8000-00000000000a"
FORMER = "7f7f0000-0000-4000-8000-00000000000f"


@pytest.mark.parametrize(
    "name", ["C02A", "C02A Device Access", f"C02A {FORMER}", f"C02B {UUID}", UUID]
)
def test_a_certificate_without_the_uuid_of_the_profile_does_not_count(name):
    """Okta issues certificates for Device Access, too, and its log has no issuer."""
    book = certificate_ledger.merge(
        EMPTY, [event(300, f"C02A {UUID.upper()}"), event(10, name)], 365, NOW
    )
    subject = Subject(frozenset({UUID}), True, True)
    assert certificate_ledger.expiry_by_serial(book, ["C02A"], 365, subject) == {
        "C02A": "2027-01-27T10:00:00Z"
    }
    alone = certificate_ledger.merge(EMPTY, [event(10, name)], 365, NOW)
    assert certificate_ledger.expiry_by_serial(alone, ["C02A"], 365, subject) == {}


@pytest.mark.parametrize("holds_uuid", [None, False])
def test_without_the_uuid_in_the_subject_each_certificate_of_the_mac_counts(holds_uuid):
    book = certificate_ledger.merge(
        EMPTY, [event(300, "C02A"), event(10, f"C02A {FORMER}")], 365, NOW
    )
    subject = Subject(frozenset({UUID}), holds_uuid, True)
    assert certificate_ledger.expiry_by_serial(book, ["C02A"], 365, subject) == {
        "C02A": "2027-11-13T10:00:00Z"
    }


def test_serials_that_are_part_of_others_are_not_mixed_up():
    book = certificate_ledger.merge(
        EMPTY, [event(1, "ZC02A"), event(2, "VM-C02A+x 5D9E")], 365, NOW
    )
    assert set(
        certificate_ledger.expiry_by_serial(book, ["C02A", "ZC02A", "VM-C02A+x", "", "02A"], 365)
    ) == {
        "ZC02A",
        "VM-C02A+x",
        "C02A",
    }
    assert (
        set(
            certificate_ledger.expiry_by_serial(
                certificate_ledger.merge(EMPTY, [event(1, "ZC02A")], 365, NOW), ["C02A", "C02"], 365
            )
        )
        == set()
    )


def test_events_are_merged_once_in_whatever_order_they_come():
    events = [event(days, f"C02{days}") for days in range(30)]
    whole = certificate_ledger.merge(EMPTY, events, 365, NOW)
    shuffled = random.Random(1).sample(events, len(events))
    by_parts = certificate_ledger.merge(
        certificate_ledger.merge(
            certificate_ledger.merge(EMPTY, shuffled[:12], 365, NOW), shuffled[8:20], 365, NOW
        ),
        shuffled[15:],
        365,
        NOW,
    )
    assert (
        by_parts == whole
        and len(whole.issued) == 30
        and whole.read_to == "2026-11-23T10:00:00.000Z"
    )


def test_without_new_events_it_is_the_same_one():
    book = certificate_ledger.merge(EMPTY, [event(1, "C02A")], 365, NOW)
    assert (
        certificate_ledger.merge(book, [event(1, "C02A")], 365, NOW) is book
        and certificate_ledger.merge(EMPTY, [], 365, NOW) is EMPTY
    )


@pytest.mark.parametrize(
    "broken",
    [{}, {"uuid": "x"}, {"uuid": "x", "published": "soon"}, {"published": "2026-11-23T10:00:00Z"}],
)
def test_an_event_without_id_or_time_is_refused(broken):
    field = "published" if "uuid" in broken else "uuid"
    with pytest.raises(Unreadable, match=f"event of listLogEvents has no {field} that"):
        certificate_ledger.merge(EMPTY, [event(1, "C02A"), LogEvent.from_row(broken)], 365, NOW)


@pytest.mark.parametrize("target", [None, [], [None], [{"detailEntry": None}], ["text"]])
def test_an_event_without_names_matches_no_mac(target):
    nameless = LogEvent.from_row({**event(1, "C02A").row, "target": target})
    book = certificate_ledger.merge(EMPTY, [nameless], 365, NOW)
    assert certificate_ledger.expiry_by_serial(book, ["C02A"], 365) == {}


def test_what_ended_long_ago_goes_when_something_comes():
    old = certificate_ledger.merge(EMPTY, [event(500, "C02A"), event(450, "C02B")], 365, NOW)
    assert [
        one.names[-1] for one in certificate_ledger.merge(old, [event(0, "C02C")], 365, NOW).issued
    ] == [
        "C02B",
        "C02C",
    ]


def test_reading_begins_where_the_last_one_ended_with_an_overlap():
    assert certificate_ledger.since(EMPTY, NOW) == "2026-08-25T10:00:00.000Z"
    assert (
        certificate_ledger.since(certificate_ledger.merge(EMPTY, [event(1, "C02A")], 365, NOW), NOW)
        == "2026-11-22T09:00:00.000Z"
    )
    assert (
        certificate_ledger.since(
            certificate_ledger.merge(EMPTY, [event(400, "C02A")], 365, NOW), NOW
        )
        == "2026-08-25T10:00:00.000Z"
    )


def test_what_is_written_is_read_again(tmp_path):
    book = certificate_ledger.merge(
        EMPTY, [event(1, "C02A Zoë \n \u2028", uuid="u1"), event(2, "C02B")], 365, NOW
    )
    certificate_ledger.save(str(tmp_path / "new" / "state"), book)
    path = tmp_path / "new" / "state" / certificate_ledger.FILE
    assert certificate_ledger.load(str(path.parent), ORG) == book
    assert (stat.S_IMODE(path.stat().st_mode), os.listdir(path.parent)) == (
        0o600,
        [certificate_ledger.FILE],
    )


def test_none_yet_is_an_empty_one(tmp_path):
    assert certificate_ledger.load(str(tmp_path), ORG) == EMPTY


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "{",
            " is not readable. Restore the file from a backup, or remove it to start again with what"
            " Okta's log still has (the last 90 days).",
        ),
        ("{", "line 1 of"),
        ('{"ledger":1,"org":"https://acme.okta.com","read_to":null}\n{"at":', "line 2 of"),
        ("[]", "line 1 of"),
        ('{"ledger":2,"org":"x","read_to":null}', "has version 2, and this collection writes 1"),
        (
            '{"ledger":1,"org":"https://other.okta.com","read_to":null}',
            "is the ledger of https://other.okta.com, and the org is https://acme.okta.com. Use a"
            " directory of its own for each org.",
        ),
    ],
)
def test_what_is_no_ledger_of_this_org_is_refused(tmp_path, text, said):
    path = tmp_path / certificate_ledger.FILE
    path.write_text(text)
    with pytest.raises(BadOption) as raised:
        certificate_ledger.load(str(tmp_path), ORG)
    assert said in raised.value.message and str(path) in raised.value.message


@pytest.mark.parametrize(
    "content, error", [(b"\xff", "UnicodeDecodeError"), (None, "it is not a regular file")]
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path, content, error):
    path = tmp_path / certificate_ledger.FILE
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(BadOption) as raised:
        certificate_ledger.load(str(tmp_path), ORG)
    assert raised.value.message == (
        f"state_dir: {path} cannot be read ({error}). Check it and its permissions."
    )


def test_only_its_owner_may_enter_a_directory_that_is_made_for_it(tmp_path):
    certificate_ledger.save(str(tmp_path / "state"), EMPTY)
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_where_it_cannot_be_written_the_old_one_stays(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadOption) as raised:
        certificate_ledger.save(str(tmp_path / "file"), EMPTY)
    assert raised.value.message == (
        f"state_dir: {tmp_path / 'file' / certificate_ledger.FILE} cannot be written (File exists). Check the"
        " directory and its permissions."
    )
    (tmp_path / certificate_ledger.FILE).mkdir()
    with pytest.raises(BadOption, match="cannot be written"):
        certificate_ledger.save(str(tmp_path), EMPTY)
    assert sorted(os.listdir(tmp_path)) == [certificate_ledger.FILE, "file"]


def test_check_mode_finds_out_whether_it_can_be_written_and_leaves_all_as_it_is(tmp_path):
    certificate_ledger.save(str(tmp_path / "new" / "state"), EMPTY, check_mode=True)
    assert os.listdir(tmp_path) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(BadOption, match="^state_dir: .*/file/certificates.jsonl cannot be written"):
        certificate_ledger.save(str(tmp_path / "file"), EMPTY, check_mode=True)


def at(day: int) -> str:
    return f"2026-11-{day:02}T10:00:00.000Z"


def test_certificates_are_kept_for_their_lifetime_and_the_retention_of_the_log():
    newest = event(0, "C02C", "new")
    kept, dropped = event(100, "C02A", "kept"), event(100.001, "C02B", "dropped")
    book = certificate_ledger.merge(EMPTY, [newest, kept, dropped], 10, NOW)
    assert [issued.uuid for issued in book.issued] == ["kept", "new"]
    assert book.read_to == at(23)


def test_an_old_event_does_not_set_back_what_was_read():
    book = certificate_ledger.merge(
        certificate_ledger.Ledger(ORG, at(23)), [event(5, "C02A", "late")], 365, NOW
    )
    assert book == certificate_ledger.Ledger(
        ORG, at(23), (certificate_ledger.Issued(at(18), "late", ("77", "C02A")),)
    )


def test_an_event_from_the_future_happened_now_and_outdates_no_other():
    old = certificate_ledger.merge(EMPTY, [event(300, "C02A", "old")], 365, NOW)
    book = certificate_ledger.merge(old, [event(-4000, "C02B", "future")], 365, NOW)
    assert [issued.uuid for issued in book.issued] == ["old", "future"]
    assert book.issued[-1].at == book.read_to == "2026-11-23T10:00:00.000Z"
    assert certificate_ledger.expiry_by_serial(book, ["C02B"], 365) == {
        "C02B": "2027-11-23T10:00:00Z"
    }


def test_a_ledger_that_was_read_into_the_future_reads_on_and_keeps_its_rows():
    """An event with a wrong time can have left it so."""
    row = certificate_ledger.Issued(at(20), "old", ("C02A",))
    far = certificate_ledger.Ledger(ORG, "2037-01-01T00:00:00.000Z", (row,))
    assert certificate_ledger.since(far, NOW) == "2026-11-23T09:00:00.000Z"
    book = certificate_ledger.merge(far, [event(0, "C02B", "new")], 365, NOW)
    assert [issued.uuid for issued in book.issued] == ["old", "new"]
    assert book.read_to == "2026-11-23T10:00:00.000Z"


def test_a_ledger_that_was_read_to_no_timestamp_keeps_all():
    book = certificate_ledger.merge(
        certificate_ledger.Ledger(ORG, "soon"), [event(500, "C02A"), event(0, "C02B")], 1, NOW
    )
    assert [issued.names[-1] for issued in book.issued] == ["C02A", "C02B"]


def test_the_texts_of_an_event_are_kept_once_and_cut():
    long = "x" * 301
    issued = LogEvent.from_row(
        {
            **event(1, "C02A", "u").row,
            "target": [{"displayName": long, "alternateId": "C02A"}, {"alternateId": "C02A"}],
        }
    )
    (row,) = certificate_ledger.merge(EMPTY, [issued], 365, NOW).issued
    assert sorted(row.names) == ["C02A", "x" * 300]


@pytest.mark.parametrize(
    "read_to, since",
    [
        (None, "2026-08-25T10:00:00.000Z"),
        (at(23), "2026-11-23T09:00:00.000Z"),
        ("2026-08-25T11:00:00.000Z", "2026-08-25T10:00:00.000Z"),
        ("2026-08-25T11:00:00.001Z", "2026-08-25T10:00:00.001Z"),
        ("2026-08-25T10:59:59.999Z", "2026-08-25T10:00:00.000Z"),
    ],
)
def test_the_log_is_read_from_an_hour_before_the_newest_event_and_not_beyond_its_retention(
    read_to, since
):
    assert certificate_ledger.since(certificate_ledger.Ledger(ORG, read_to), NOW) == since


def test_a_ledger_is_a_head_and_a_line_for_each_certificate():
    book = certificate_ledger.Ledger(
        ORG, at(23), (certificate_ledger.Issued(at(22), "u", ("C02A", "x")),)
    )
    text = certificate_ledger.render(book)
    assert text == (
        '{"ledger":1,"org":"https://acme.okta.com","read_to":"2026-11-23T10:00:00.000Z"}\n'
        '{"at":"2026-11-22T10:00:00.000Z","uuid":"u","names":["C02A","x"]}\n'
    )
    assert certificate_ledger.parse(text, ORG, "file") == book
    assert certificate_ledger.parse("", ORG, "file") == EMPTY
    assert certificate_ledger.parse(certificate_ledger.render(EMPTY), ORG, "file") == EMPTY


@pytest.mark.parametrize(
    "row", ['{"at":1}', '{"at":1,"uuid":2}', '{"at":1,"uuid":2,"names":null}', "[]", "5", ""]
)
def test_a_line_that_is_not_a_certificate_is_named(row):
    text = certificate_ledger.render(EMPTY) + row + "\n" + '{"at":"","uuid":"","names":[]}\n'
    with pytest.raises(BadOption, match="^state_dir: line 2 of file is not readable"):
        certificate_ledger.parse(text, ORG, "file")


@pytest.mark.parametrize("rest", [" ", "X"])
def test_what_follows_the_last_line_is_a_line_too(rest):
    with pytest.raises(BadOption, match="^state_dir: line 2 of file is not readable"):
        certificate_ledger.parse(certificate_ledger.render(EMPTY) + rest, ORG, "file")


@pytest.mark.parametrize("name", ["ledger", "org", "read_to"])
def test_a_head_has_to_be_complete(name):
    head = {"ledger": 1, "org": ORG, "read_to": None}
    del head[name]
    with pytest.raises(BadOption, match="^state_dir: line 1 of file is not readable"):
        certificate_ledger.parse(json.dumps(head), ORG, "file")


def test_the_last_certificate_counts_in_whatever_order_they_are():
    issued = [certificate_ledger.Issued(at(day), str(day), ("C02A",)) for day in (12, 22, 2)]
    book = certificate_ledger.Ledger(ORG, None, tuple(issued))
    assert certificate_ledger.expiry_by_serial(book, ["C02A"], 1) == {
        "C02A": "2026-11-23T10:00:00Z"
    }


def test_serials_of_one_word_are_looked_up_and_only_the_others_are_searched():
    assert certificate_ledger._SerialIndex.of(
        ["C02A", "VM-C02A+x", ""]
    ) == certificate_ledger._SerialIndex({"c02a": "C02A"}, ("VM-C02A+x",))


def test_a_timestamp_that_is_not_one_has_no_expiry():
    book = certificate_ledger.Ledger(
        ORG, None, (certificate_ledger.Issued("soon", "u", ("C02A",)),)
    )
    assert certificate_ledger.expiry_by_serial(book, ["C02A"], 365) == {}


@pytest.mark.parametrize(
    "check_item_id, state_dir, by_device, by_ledger",
    [
        (None, False, {}, None),
        ("item", False, {"d1": CheckedExpiry("2027-11-23T10:00:00Z")}, None),
        (None, True, {}, {"C02A": "2027-11-22T10:00:00Z"}),
        (
            "item",
            True,
            {"d1": CheckedExpiry("2027-11-23T10:00:00Z")},
            {"C02A": "2027-11-22T10:00:00Z"},
        ),
    ],
)
def test_the_sources_of_expiry_dates(tmp_path, check_item_id, state_dir, by_device, by_ledger):
    report = {
        "device_trust_certificates": 1,
        "identities": [{"not_after": "2027-11-23T10:00:00Z", "sha256": "a" * 64}],
    }
    statuses = {"item": [ItemStatus("d1", log=json.dumps(report, separators=(",", ":")))]}
    kandji = SimpleNamespace(item_statuses=lambda item_id: statuses[item_id])
    certificate_ledger.save(
        str(tmp_path), certificate_ledger.merge(EMPTY, [event(1, "C02A")], 365, NOW)
    )
    known = certificate_ledger.known_expiry(
        kandji, check_item_id, ORG, str(tmp_path) if state_dir else None
    )
    read = known.ledger
    assert (
        known.by_device == by_device and (read and read(["C02A", "C02B"], UNKNOWN, {})) == by_ledger
    )


OWN_KEY = "1699E426" * 5


def test_a_certificate_of_another_authority_with_the_same_name_does_not_count():
    own, other = (
        {"not_after": f"{year}-11-23T10:00:00Z", "sha256": "a" * 64, "aki": key_id}
        for year, key_id in ((2027, OWN_KEY), (2028, "53D22A61" * 5))
    )
    report = json.dumps(
        {"device_trust_certificates": 1, "identities": [own, other]}, separators=(",", ":")
    )
    kandji = SimpleNamespace(item_statuses=lambda _item_id: [ItemStatus("d1", log=report)])
    assert certificate_ledger.known_expiry(
        kandji, "item", keys={OWN_KEY: None}
    ) == certificate_ledger.Expiries(
        {"d1": CheckedExpiry("2027-11-23T10:00:00Z", authority_key_id=OWN_KEY)}
    )


def test_both_sources_count_the_certificates_of_the_profile(tmp_path):
    """Those of Device Access are newer, and hold no UUID."""
    book = certificate_ledger.merge(
        EMPTY, [event(300, f"C02A {UUID}"), event(10, "C02A")], 365, NOW
    )
    certificate_ledger.save(str(tmp_path), book)
    identities = [
        {"cn": name, "not_after": f"{year}-01-27T10:00:00Z", "sha256": digit * 64}
        for name, year, digit in ((f"C02A {UUID}", 2027, "a"), ("C02A", 2028, "b"))
    ]
    report = {"device_trust_certificates": 1, "identities": identities}
    statuses = [ItemStatus("d1", log=json.dumps(report, separators=(",", ":")))]
    kandji = SimpleNamespace(item_statuses=lambda _item_id: statuses)
    subject = Subject(frozenset({UUID}), True, True)
    known = certificate_ledger.known_expiry(kandji, "item", ORG, str(tmp_path), subject=subject)
    by_serial = known.ledger
    assert by_serial and known.by_device == {"d1": CheckedExpiry("2027-01-27T10:00:00Z")}
    assert by_serial(["C02A"], subject, {}) == {"C02A": "2027-01-27T10:00:00Z"}
    assert by_serial(["C02A"], UNKNOWN, {}) == {"C02A": "2027-11-13T10:00:00Z"}


@pytest.mark.parametrize(
    ("reported", "known"),
    [
        ("2026-11-23T10:00:00Z", {}),
        # It does not know what was issued more than a day later.
        ("2026-10-01T10:00:00Z", {"C02A": "2027-11-13T10:00:00Z"}),
    ],
)
def test_what_a_mac_reports_of_another_authority_outweighs_the_ledger(tmp_path, reported, known):
    book = certificate_ledger.merge(EMPTY, [event(10, f"C02A {UUID}")], 365, NOW)
    certificate_ledger.save(str(tmp_path), book)
    other = {
        "cn": f"C02A {UUID}",
        "aki": "53D22A61" * 5,
        "not_after": "2028-01-27T10:00:00Z",
        "sha256": "a" * 64,
    }
    report = json.dumps(
        {"device_trust_certificates": 1, "count": 1, "identities": [other]}, separators=(",", ":")
    )
    statuses = [ItemStatus("d1", log=report, reported_at=reported)]
    kandji = SimpleNamespace(item_statuses=lambda _item_id: statuses)
    subject = Subject(frozenset({UUID}), True, True)
    read = certificate_ledger.known_expiry(
        kandji, "item", ORG, str(tmp_path), {OWN_KEY: None}, subject
    )
    assert read.read_ledger({"d1": "C02A"}, subject) == known
    assert read.read_ledger({"d2": "C02A"}, subject) == {"C02A": "2027-11-13T10:00:00Z"}


@pytest.mark.parametrize("read_to", ["5", '"yesterday"', "[" * 100_000])
def test_a_head_that_cannot_be_read_is_refused(read_to):
    """Compared as texts, "yesterday" was later than each event, and nothing was read any more."""
    text = f'{{"ledger":1,"org":"{ORG}","read_to":{read_to}}}'
    with pytest.raises(BadOption, match="^state_dir: line 1 of file is not readable"):
        certificate_ledger.parse(text, ORG, "file")


def test_a_pipe_in_the_state_directory_is_named_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / certificate_ledger.FILE)
    with pytest.raises(BadOption, match="it is not a regular file"):
        certificate_ledger.load(str(tmp_path), ORG)
