# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge of the matrix: what it accepts of a run that met a fault, and what it does not."""

from __future__ import annotations

from dataclasses import replace

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
        "shows a secret"
    ]


def test_an_endless_run_is_wrong():
    assert problems(replace(PLAIN, trouble="endless: more than 200 requests"))
