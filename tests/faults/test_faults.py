# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults change what their names say, and a field's fault only its field."""

from __future__ import annotations

import json

import pytest
import requests

from tests.faults.exchange import Exchange
from tests.faults.faults import FAULTS, rows_of
from tests.faults.fields import EACH, FieldFault, faults_of, noting_reads

LIST = Exchange(
    "kandji",
    "List Things",
    0,
    False,
    True,
    "GET",
    "https://k/things?limit=3",
    status=200,
    headers=(("Content-Type", "application/json"),),
    body=json.dumps({"results": [{"id": "a"}, {"id": "B"}], "next": None, "count": 2}).encode(),
)


def altered(name):
    return FAULTS[name].alter(LIST, lambda exchange: exchange)


def test_there_are_sixty_faults_and_more():
    assert len(FAULTS) >= 60


@pytest.mark.parametrize("name", [name for name in FAULTS if not FAULTS[name].of_reads])
def test_every_fault_alters_some_answer_or_raises_an_error_of_requests(name):
    write = Exchange(
        "okta", "w", 0, True, False, "POST", "https://o/x", status=200, body=b"[{}, 1]"
    )
    try:
        changed = [FAULTS[name].alter(each, lambda it: it) != each for each in (LIST, write)]
    except requests.RequestException:
        return
    assert any(changed)


def test_an_altered_body_has_its_own_length():
    sent = LIST.with_headers({"content-length": str(len(LIST.body))})
    for change in ("the first row twice", "body: {}", "body cut short", "gzip cut short"):
        changed = FAULTS[change].alter(sent, lambda exchange: exchange)
        assert changed.header("Content-Length") == str(len(changed.body)), change
    fault = FieldFault("List Things", ("results", EACH, "id"), "missing", everywhere=True)
    changed = fault.alter(sent, lambda exchange: exchange)
    assert changed.header("Content-Length") == str(len(changed.body)) != str(len(LIST.body))
    short = FAULTS["body shorter than its length"].alter(sent, lambda exchange: exchange)
    assert short.header("Content-Length") == str(len(LIST.body))


def test_rows_are_altered_inside_their_envelope():
    assert rows_of(altered("the first row twice")) == [{"id": "a"}, {"id": "a"}, {"id": "B"}]
    assert altered("counted too high").json["count"] == 1002
    assert altered("next page is true").json["next"] is True


def test_rows_are_altered_in_an_envelope_inside_another_object():
    nested = LIST.with_json({"device_id": "d", "commands": LIST.json})

    def altered_envelope(name):
        body = FAULTS[name].alter(nested, lambda exchange: exchange).json
        assert body["device_id"] == "d", name
        return body["commands"]

    assert rows_of(nested) == LIST.json["results"]
    for name in ("the first row twice", "counted too high", "next page is true", "pages overlap"):
        assert altered_envelope(name) == altered(name).json, name
        assert altered_envelope(name) != LIST.json, name


def test_overlapping_pages_share_a_row():
    pages = FAULTS["pages overlap"]
    first = pages.alter(LIST, lambda exchange: exchange)
    following = Exchange(**{**vars(LIST), "url": first.json["next"]})
    second = pages.alter(following, lambda exchange: exchange)
    assert rows_of(first) == [{"id": "a"}] and rows_of(second) == [{"id": "a"}, {"id": "B"}]


@pytest.mark.parametrize(("everywhere", "ids"), [(False, ["A", "B"]), (True, ["A", "b"])])
def test_a_fault_of_a_field_meets_the_first_row_or_each(everywhere, ids):
    fault = FieldFault("List Things", ("results", EACH, "id"), "in another case", everywhere)
    rows = fault.alter(LIST, lambda exchange: exchange).json["results"]
    assert [row["id"] for row in rows] == ids


def test_the_fields_that_are_read_are_known_by_their_paths():
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http import transport

    with noting_reads() as reads:
        for row in transport.parse_json(LIST.body)["results"]:
            row.get("name")
            row["id"]
    paths = reads[LIST.body]
    assert paths == {("results",), ("results", EACH, "name"), ("results", EACH, "id")}
    faults = faults_of("List Things", ("results", EACH, "id"), [LIST.json])
    assert {fault.change for fault in faults} >= {"missing", "null", "in another case"}
    (absent,) = faults_of("List Things", ("results", EACH, "name"), [LIST.json])
    rows = absent.alter(LIST, lambda exchange: exchange).json["results"]
    assert rows == [{"id": "a", "name": None}, {"id": "B", "name": None}]


def test_all_fields_of_an_object_that_is_copied_are_read():
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http import transport

    for copied in (
        dict,
        lambda row: {**row},
        lambda row: list(row.items()),
        lambda row: row.copy(),
    ):
        with noting_reads() as reads:
            copied(transport.parse_json(b'{"a": 1, "b": 2}'))
        assert reads == {b'{"a": 1, "b": 2}': {("a",), ("b",)}}


def test_an_object_that_a_result_shows_is_known_whatever_the_order_of_its_keys():
    (fault, *_others) = faults_of("Get Thing", ("link",), [{"link": {"b": 1, "a": 2}}])
    assert str({"a": 2, "b": 1}) in fault.values


def test_a_serial_is_no_word_of_an_enumeration():
    serial, status = (
        FieldFault("List Things", (EACH, key), "an unknown word", True)
        for key in ("serial_number", "status")
    )
    assert serial.other_truth and not status.other_truth


@pytest.mark.parametrize("change", ["missing", "null", "of no content", "an unknown word"])
def test_a_rule_may_be_without_a_condition(change):
    path = (EACH, "conditions", "platform", "include", EACH, "type")
    assert FieldFault("listPolicyRules", path, change, True).other_truth
    damaged = FieldFault("listPolicyRules", path, "a lone surrogate", True, ("A",), ("\ud800A",))
    assert not damaged.other_truth
    action = (EACH, "actions", "appSignOn", "access")
    other_word = change == "an unknown word"
    assert bool(FieldFault("listPolicyRules", action, change, True).other_truth) is other_word


def test_the_members_of_a_list_that_a_result_shows_are_known_and_those_they_become():
    faults = faults_of("Get Thing", ("allow",), [{"allow": ["GET", {"b": 1, "a": 2}]}])
    (fault, *_others) = [each for each in faults if each.change == "a list of another type"]
    assert {"GET", "{'a': 2, 'b': 1}"} <= set(fault.values)
    assert {"7", "None", "[]"} <= set(fault.altered)
    (wrapped, *_others) = [
        each
        for each in faults_of("Get Thing", ("link",), [{"link": {"b": 1, "a": 2}}])
        if each.change == "a list"
    ]
    assert wrapped.altered == ("[{'a': 2, 'b': 1}]",)


def test_the_other_texts_of_an_object_are_known():
    rows = [{"actor": {"id": "00u1", "name": "Ann", "address": "ann@acme.com", "age": 7}}]
    (fault, *_others) = faults_of("listLogEvents", (EACH, "actor", "address"), [rows])
    assert fault.siblings == (("ann@acme.com", "00u1"), ("ann@acme.com", "Ann"))


def test_a_word_that_a_vendor_may_add_makes_another_rule():
    for path in ((EACH, "actions", "appSignOn", "access"), (EACH, "status")):
        for change in ("an unknown word", "in another case"):
            assert FieldFault("listPolicyRules", path, change, True, ("ALLOW",)).other_truth
            assert not FieldFault("listThings", path[:1], change, True, ("ALLOW",)).other_truth


def test_a_cache_has_the_first_answer_of_each_address(monkeypatch):
    monkeypatch.setattr("tests.faults.faults.CACHED", {})
    answers = iter([b"[1]", b"[2]", b"[3]"])

    def ask(exchange):
        return exchange.with_body(next(answers))

    alter = FAULTS["an old answer of a cache"].alter
    other = Exchange(**{**vars(LIST), "url": "https://k/others"})
    assert [alter(each, ask).body for each in (LIST, other, LIST)] == [b"[1]", b"[2]", b"[1]"]
    write = Exchange(**{**vars(LIST), "writes": True})
    assert alter(write, ask).body == b"[3]"
