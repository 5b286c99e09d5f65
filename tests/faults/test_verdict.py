# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge of the matrix: what it accepts of a run that met a fault, and what it does not."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from tests.faults.exchange import Exchange
from tests.faults.observation import Observation
from tests.faults.verdict import Expectation, judge

READ = Exchange("kandji", "List Things", 0, False, True, "GET", "https://k/things", status=200)
CREATE = Exchange("kandji", "Create Thing", 0, True, False, "POST", "https://k/things", status=201)
ASSIGN = Exchange("kandji", "Assign Thing", 0, True, True, "POST", "https://k/assign", status=200)
PLAIN = Observation(
    {"changed": True, "thing": "a"}, (), (READ, CREATE, ASSIGN), (CREATE, ASSIGN), {"things": ["a"]}
)
REFUSED = {"failed": True, "msg": "Kandji refused Create Thing with 400: no."}


def problems(faulted, following=None, expected=None, secrets=()):
    return judge(PLAIN, faulted, following, expected or Expectation(), secrets)


def failed(*carried_out, exchanges=None, **result):
    return Observation(
        {**REFUSED, **result}, (), exchanges or (READ, *carried_out), carried_out, {"things": []}
    )


def test_the_same_result_and_state_is_right():
    assert problems(PLAIN) == []


def test_a_sentence_without_a_write_is_right():
    assert problems(failed()) == []


def test_a_result_that_differs_without_a_word_is_wrong():
    silent = replace(PLAIN, result={"changed": True, "thing": "b"})
    assert problems(silent) == ["silently different: .thing: a -> b"]
    assert problems(replace(silent, warnings=("Thing a: it is not clear.",))) == []
    assert problems(silent, expected=Expectation("of another tenant")) == []


def test_a_result_may_show_an_altered_field_altered():
    shown = replace(PLAIN, result={"changed": True, "thing": None})
    assert problems(shown, expected=Expectation(shown=("a",))) == []
    assert problems(shown, expected=Expectation(shown=("c",)))


def test_a_write_that_is_carried_out_twice_is_wrong_unless_it_may_be_repeated():
    twice = replace(PLAIN, carried_out=(CREATE, CREATE, ASSIGN))
    assert problems(twice) == ["a write too many: Create Thing /things"]
    assert problems(replace(PLAIN, carried_out=(CREATE, ASSIGN, ASSIGN))) == []
    other = replace(ASSIGN, url="https://k/remove")
    assert problems(replace(PLAIN, carried_out=(CREATE, ASSIGN, other))) == [
        "another write: Assign Thing /remove"
    ]


def test_a_run_that_fails_may_delete_what_it_created_and_nothing_else():
    own = replace(CREATE, body=b'{"id": "00u1"}')
    undone = replace(CREATE, operation="Delete Thing", verb="DELETE", url="https://k/things/00u1")
    undone = replace(undone, repeatable=True, status=204)
    done = {
        "changed": True,
        "writes": [{"operation": "Create Thing"}, {"operation": "Delete Thing"}],
    }
    assert problems(failed(own, undone, **done), PLAIN) == []
    foreign = replace(undone, url="https://k/things/00u2")
    assert problems(failed(own, foreign, **done), PLAIN) == [
        "another write: Delete Thing /things/00u2"
    ]
    there = replace(READ, body=b'[{"id": "00u1"}]')
    succeeded = replace(PLAIN, exchanges=(there, own, undone), carried_out=(own, ASSIGN, undone))
    assert problems(succeeded) == ["another write: Delete Thing /things/00u1"]


def test_a_failure_after_a_write_has_to_say_what_was_done():
    assert problems(failed(CREATE), PLAIN) == ["fails after a write and does not say changed"]
    assert problems(failed(CREATE, changed=True), PLAIN) == [
        "does not list what was done: Create Thing"
    ]
    listed = failed(CREATE, changed=True, writes=[{"operation": "Create Thing"}])
    assert problems(listed, PLAIN) == []
    assert problems(failed(changed=True)) == ["says changed and wrote nothing"]


def test_the_next_run_has_to_converge():
    listed = failed(CREATE, changed=True, writes=[{"operation": "Create Thing"}])
    twin = replace(PLAIN, state={"things": ["a", "a"]})
    assert problems(listed, twin) == [
        "the next run does not converge: .things: ['a'] -> ['a', 'a']"
    ]
    assert problems(listed, failed()) == [f"the next run fails: {REFUSED['msg']}"]


def test_words_of_a_program_and_characters_that_steer_a_terminal_are_wrong():
    for text in ("Unexpected KeyError at f:1. Please report this.", "a\x1b[31m", "b\ud800", ""):
        assert problems(failed(msg=text)), text


def test_a_secret_is_wrong_wherever_it_is_printed():
    assert problems(replace(failed(), printed="a hunter2 b"), secrets=("hunter2",)) == [
        "shows secret 0: plain"
    ]
    encoded = base64.b64encode(b"the hunter2hunter2 is").decode()
    assert problems(replace(failed(), printed=encoded), secrets=("hunter2hunter2",))


def test_an_endless_run_is_wrong():
    assert problems(replace(PLAIN, trouble="endless: more than 200 requests"))


def test_a_success_has_to_say_whether_it_wrote():
    silent = replace(PLAIN, result={**PLAIN.result, "changed": False}, warnings=("It is unclear.",))
    assert problems(silent) == ["writes and says that nothing changed"]
    assert problems(replace(PLAIN, exchanges=(READ,), carried_out=())) == [
        "says changed and wrote nothing"
    ]


def test_another_state_without_a_word_is_wrong():
    other = replace(PLAIN, state={"things": ["b"]})
    assert problems(other, PLAIN) == ["silently another state: .things[0]: a -> b"]
    assert problems(replace(other, warnings=("Thing a: it is not clear.",)), PLAIN) == []


def test_a_failure_has_to_name_something():
    assert problems(failed(msg="It failed.")) == ["names neither vendor nor operation: It failed."]
    for text in ("max_new: 0 is the limit.", "List Things failed.", "https://k has no answer."):
        assert problems(failed(msg=text)) == [], text


def test_a_failure_lists_no_more_than_it_sent():
    more = failed(changed=True, writes=[{"operation": "Delete Thing"}], exchanges=(READ, CREATE))
    assert problems(replace(more, requests=("List Things", "Create Thing"))) == [
        "lists what was not sent: Delete Thing"
    ]


def test_another_truth_excuses_no_double():
    truth = Expectation("of another tenant", passing=True)
    twice = replace(PLAIN, carried_out=(CREATE, CREATE, ASSIGN))
    assert problems(twice, expected=truth) == [
        "the same write twice: Create Thing https://k/things"
    ]
    double = replace(PLAIN, state={"profiles": [{"name": "a"}, {"name": "a"}]})
    assert problems(double, expected=truth) == ["a double: profiles 'a'"]
    assert problems(double, expected=replace(truth, passing=False)) == []


def test_a_value_may_be_shown_altered_in_some_of_its_places():
    plain = replace(PLAIN, result={"changed": True, "thing": "thing ABC (ABC) is there"})
    shown = replace(PLAIN, result={"changed": True, "thing": "thing ABC (abc) is there"})
    assert judge(plain, shown, None, Expectation(shown=("ABC",), altered=("abc",)), ()) == []
    assert judge(plain, shown, None, Expectation(shown=("ABC",), altered=("x",)), ())


def test_an_id_may_be_shown_in_another_case():
    ids = "AB69571F-3a18-40c7-8092-b4d42b28fef0", "ab69571f-3a18-40c7-8092-b4d42b28fef0"
    before = tuple(replace(READ, body=ids[0].encode()) for _read in range(1))
    plain, shown = (Observation({"changed": False, "id": each}, (), before, (), {}) for each in ids)
    expected = Expectation(shown=ids[:1], altered=ids[1:])
    assert judge(plain, shown, None, expected, ()) == []
    assert judge(plain, shown, None, Expectation(), ())


def test_a_reason_that_says_what_the_vendor_does_not_say_is_a_word():
    reason = "It may work: Okta does not say whether it is managed for ann."
    skipped = replace(PLAIN, result={"changed": True, "thing": "b", "reason": reason})
    assert problems(skipped) == []
    plain = replace(PLAIN, result={**PLAIN.result, "flags": {}})
    flagged = replace(PLAIN, result={"changed": True, "thing": "b", "flags": {"SERIAL_EMPTY": 3}})
    assert judge(plain, flagged, None, Expectation(), ()) == []


def test_a_key_may_name_a_thing_in_another_case():
    plain = replace(PLAIN, result={"changed": True, "tags of ABC": ["a"]})
    shown = replace(PLAIN, result={"changed": True, "tags of abc": ["a"]})
    expected = Expectation(shown=("ABC",), altered=("abc",))
    assert judge(plain, shown, None, expected, ()) == []
    other = replace(PLAIN, result={"changed": True, "tags of abc": ["b"]})
    assert judge(plain, other, None, expected, ())
    assert judge(plain, shown, None, Expectation(shown=("ABC",), altered=("xyz",)), ())
    own = replace(PLAIN, result={"changed": True, "active": True})
    assert judge(own, own, None, Expectation(shown=("ACTIVE",), altered=("active",)), ()) == []


def test_a_key_may_name_a_thing_by_the_altered_name():
    plain, shown, more = (
        replace(PLAIN, result={"changed": True, "diff": {f"from {name}": value}})
        for name, value in (("Canary", ["a"]), ("12345", ["a"]), ("12345", ["a", "b"]))
    )
    expected = Expectation(shown=("Canary",), altered=("12345",))
    assert judge(plain, shown, None, expected, ()) == []
    assert judge(plain, more, None, expected, ())
    assert judge(plain, shown, None, Expectation(shown=("Canary",), altered=("67890",)), ())


def test_a_text_may_name_by_its_id_what_has_no_name():
    ids = "00uA2RNOTuFT2wmQpcjK", "00uB2RNOTuFT2wmQpcjK"
    read = (replace(READ, body=ids[0].encode()),)
    plain, by_id, by_another_id = (
        Observation({"reason": f"It works: {name} is MANAGED on it."}, (), read, (), {})
        for name in ("ann@example.com", *ids)
    )
    expected = Expectation(shown=("ann@example.com",))
    assert judge(plain, by_id, None, expected, ()) == []
    assert judge(plain, by_another_id, None, expected, ())
    assert judge(plain, by_id, None, Expectation(), ())


def test_a_text_may_say_that_there_is_no_serial_and_leave_out_a_part_of_a_name():
    plain = replace(PLAIN, result={"changed": True, "line": "C02ABC: Ann Example"})
    for shown, line in (("C02ABC", "no serial: Ann Example"), ("Ann", "C02ABC: Example")):
        other = replace(PLAIN, result={"changed": True, "line": line})
        assert judge(plain, other, None, Expectation(shown=(shown,)), ()) == []
        assert judge(plain, other, None, Expectation(shown=("Bob",)), ())


def test_an_id_may_stand_for_a_name_of_several_values():
    user = "00uA2RNOTuFT2wmQpcjK"
    read = (replace(READ, body=user.encode()),)
    shown = ("{'firstName': 'Ann', 'lastName': 'Example'}", "Ann", "Example", "ann@example.com")
    plain, by_id, other = (
        Observation({"line": f"Mac: {who} is there"}, (), read, (), {})
        for who in ("Ann Example (ann@example.com)", f"{user} ({user})", f"{user} (bob)")
    )
    assert judge(plain, by_id, None, Expectation(shown=shown), ()) == []
    assert judge(plain, other, None, Expectation(shown=shown), ())


def test_a_refusal_that_is_told_is_not_silent():
    plain = replace(PLAIN, result={"changed": True, "refusal": "1 person", "people": ["ann"]})
    other = {"changed": True, "refusal": "nobody has an authenticator", "people": ["ann"]}
    assert judge(plain, replace(PLAIN, result=other), None, Expectation(), ()) == []
    for lost in ({"refusal": None}, {"people": []}):
        assert judge(plain, replace(PLAIN, result={**other, **lost}), None, Expectation(), ())


def test_a_date_that_is_computed_from_a_time_that_cannot_be_read_may_be_null():
    plain = replace(PLAIN, result={"changed": True, "renew_by": "2027-10-28", "name": "a"})
    unknown = replace(PLAIN, result={"changed": True, "renew_by": None, "name": "a"})
    expected = Expectation(shown=("2026-11-27T11:05:45.624765Z",))
    assert judge(plain, unknown, None, expected, ()) == []
    assert judge(plain, unknown, None, Expectation(shown=("a",)), ())
    lost = replace(PLAIN, result={"changed": True, "renew_by": None, "name": None})
    assert judge(plain, lost, None, expected, ())


def test_a_gate_that_names_the_proof_that_is_left_is_not_silent():
    proofs = "the installed profile", "pki.cert.issue in the System Log", ""
    plain, weaker, none = (
        replace(PLAIN, result={"changed": True, "macs": [{"proof": proof}]}) for proof in proofs
    )
    assert judge(plain, weaker, None, Expectation(), ()) == []
    assert judge(plain, none, None, Expectation(), ())


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ({"macs": [{"unconfirmed": True}, {"name": "b"}]}, True),
        ({"macs": [{"unconfirmed": False}, {"name": "b"}]}, False),
        ({"macs": [{"unconfirmed": False, "reason": "Its state is unknown."}, 1]}, True),
        ({"host": {"unconfirmed": False, "of": {"unconfirmed_reason": ""}}}, False),
        ({"host": {"unconfirmed": False, "of": {"unconfirmed_reason": "No date."}}}, True),
        ({"counts": {"unconfirmed": 1}}, True),
        ({"counts": {"unconfirmed": 0}}, False),
        ({"date": "an unknown day"}, True),
    ],
)
def test_a_count_or_a_word_of_what_is_unknown_is_one_where_it_says_so(result, says):
    other = replace(PLAIN, result={"changed": True, "thing": "b", **result})
    plain = replace(PLAIN, result={**PLAIN.result, "macs": [{"name": "a"}]})
    assert (judge(plain, other, None, Expectation(), ()) == []) is says


def test_another_name_of_the_same_object_may_be_shown():
    plain = replace(PLAIN, result={"changed": True, "actor": "ann@acme.com"})
    other = replace(PLAIN, result={"changed": True, "actor": "Ann Example"})
    shown = Expectation(shown=("ann@acme.com",), siblings=(("ann@acme.com", "Ann Example"),))
    assert judge(plain, other, None, shown, ()) == []
    assert judge(plain, other, None, replace(shown, siblings=(("ann@acme.com", "Bob"),)), ())
    of_another = replace(shown, siblings=(("bob@acme.com", "Ann Example"),))
    assert judge(plain, other, None, of_another, ())
