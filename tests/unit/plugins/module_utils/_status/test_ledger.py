# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger of issued certificates: merged from events, each once, and matched with serials."""

from __future__ import annotations

import os
import random
import stat
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import LogEvent
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._status import ledger

ORG = "https://acme.okta.com"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
EMPTY = ledger.Ledger(ORG)


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
    book = ledger.merge(EMPTY, [event(10, "C02A 5D9E", field=field)], 365)
    assert ledger.expiry_by_serial(book, ["C02A", "C02B"], 365) == {"C02A": "2027-11-13T10:00:00Z"}


def test_the_last_certificate_of_a_mac_counts():
    book = ledger.merge(
        EMPTY, [event(10, "c02a one"), event(300, "C02A two"), event(20, "C02A three")], 365
    )
    assert ledger.expiry_by_serial(book, ["C02A"], 100) == {"C02A": "2027-02-21T10:00:00Z"}


def test_serials_that_are_part_of_others_are_not_mixed_up():
    book = ledger.merge(EMPTY, [event(1, "ZC02A"), event(2, "VM-C02A+x 5D9E")], 365)
    assert set(ledger.expiry_by_serial(book, ["C02A", "ZC02A", "VM-C02A+x", "", "02A"], 365)) == {
        "ZC02A",
        "VM-C02A+x",
        "C02A",
    }
    assert (
        set(
            ledger.expiry_by_serial(
                ledger.merge(EMPTY, [event(1, "ZC02A")], 365), ["C02A", "C02"], 365
            )
        )
        == set()
    )


def test_events_are_merged_once_in_whatever_order_they_come():
    events = [event(days, f"C02{days}") for days in range(30)]
    whole = ledger.merge(EMPTY, events, 365)
    shuffled = random.Random(1).sample(events, len(events))
    by_parts = ledger.merge(
        ledger.merge(ledger.merge(EMPTY, shuffled[:12], 365), shuffled[8:20], 365),
        shuffled[15:],
        365,
    )
    assert (
        by_parts == whole
        and len(whole.issued) == 30
        and whole.read_to == "2026-11-23T10:00:00.000Z"
    )


def test_without_new_events_it_is_the_same_one():
    book = ledger.merge(EMPTY, [event(1, "C02A")], 365)
    assert (
        ledger.merge(book, [event(1, "C02A")], 365) is book
        and ledger.merge(EMPTY, [], 365) is EMPTY
    )


@pytest.mark.parametrize(
    "broken",
    [{}, {"uuid": "x"}, {"uuid": "x", "published": "soon"}, {"published": "2026-11-23T10:00:00Z"}],
)
def test_an_event_without_id_or_time_is_left_out(broken):
    assert ledger.merge(EMPTY, [LogEvent.from_row(broken)], 365) is EMPTY


@pytest.mark.parametrize("target", [None, [], [None], [{"detailEntry": None}], ["text"]])
def test_an_event_without_names_matches_no_mac(target):
    nameless = LogEvent.from_row({**event(1, "C02A").row, "target": target})
    book = ledger.merge(EMPTY, [nameless], 365)
    assert ledger.expiry_by_serial(book, ["C02A"], 365) == {}


def test_what_ended_long_ago_goes_when_something_comes():
    old = ledger.merge(EMPTY, [event(500, "C02A"), event(450, "C02B")], 365)
    assert [one.names[-1] for one in ledger.merge(old, [event(0, "C02C")], 365).issued] == [
        "C02B",
        "C02C",
    ]


def test_reading_begins_where_the_last_one_ended_with_an_overlap():
    assert ledger.since(EMPTY, NOW) == "2026-08-25T10:00:00.000Z"
    assert (
        ledger.since(ledger.merge(EMPTY, [event(1, "C02A")], 365), NOW)
        == "2026-11-22T09:00:00.000Z"
    )
    assert (
        ledger.since(ledger.merge(EMPTY, [event(400, "C02A")], 365), NOW)
        == "2026-08-25T10:00:00.000Z"
    )


def test_what_is_written_is_read_again(tmp_path):
    book = ledger.merge(EMPTY, [event(1, "C02A Zoë \n \u2028"), event(2, "C02B")], 365)
    ledger.save(str(tmp_path / "new" / "state"), book)
    path = tmp_path / "new" / "state" / ledger.FILE
    assert ledger.load(str(path.parent), ORG) == book
    assert (stat.S_IMODE(path.stat().st_mode), os.listdir(path.parent)) == (0o600, [ledger.FILE])


def test_none_yet_is_an_empty_one(tmp_path):
    assert ledger.load(str(tmp_path), ORG) == EMPTY


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1 of"),
        ('{"ledger":1,"org":"https://acme.okta.com","read_to":null}\n{"at":', "line 2 of"),
        ("[]", "line 1 of"),
        ('{"ledger":2,"org":"x","read_to":null}', "version 2"),
        (
            '{"ledger":1,"org":"https://other.okta.com","read_to":null}',
            "the ledger of https://other.okta.com",
        ),
    ],
)
def test_what_is_no_ledger_of_this_org_is_refused(tmp_path, text, said):
    (tmp_path / ledger.FILE).write_text(text)
    with pytest.raises(BadOption, match=said):
        ledger.load(str(tmp_path), ORG)


def test_where_it_cannot_be_written_the_old_one_stays(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadOption, match="cannot be written"):
        ledger.save(str(tmp_path / "file"), EMPTY)
    (tmp_path / ledger.FILE).mkdir()
    with pytest.raises(BadOption, match="cannot be written"):
        ledger.save(str(tmp_path), EMPTY)
    assert sorted(os.listdir(tmp_path)) == [ledger.FILE, "file"]
