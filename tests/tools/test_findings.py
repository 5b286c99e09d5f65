# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recorder, with a description made up here, and what is made of its findings."""

from __future__ import annotations

import json

import pytest

from lab.contract import accepted_deviations as deviations
from lab.contract import findings
from lab.contract.accepted_deviations import Deviation
from lab.contract.openapi import Description, from_examples
from lab.contract.recorder import (
    DESCRIPTIONS,
    FINDINGS,
    Exchange,
    Judge,
    Recorder,
    descriptions,
    observers,
    sampled,
)

DOG = {
    "type": "object",
    "required": ["id", "born"],
    "properties": {"id": {"type": "string", "readOnly": True}, "born": {"type": "integer"}},
}
DOCUMENT = {
    "openapi": "3.0.3",
    "paths": {
        "/dogs/{dogId}": {
            "parameters": [
                {"name": "dogId", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "get": {
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 200}}
                ],
                "responses": {
                    "200": {
                        "headers": {"ETag": {}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Puppy"}}
                        },
                    }
                },
            },
            "put": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Dog"}}
                    },
                },
                "responses": {"204": {"description": "done"}},
            },
        },
        "/cats": {
            "get": {
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {
                                "schema": {"type": "object", "example": {"cats": [{"name": "Mia"}]}}
                            }
                        }
                    }
                }
            }
        },
        "/pets": {
            "get": {
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}
                        }
                    }
                }
            }
        },
    },
    "components": {
        "schemas": {
            "Dog": DOG,
            "Puppy": {
                "allOf": [
                    {"$ref": "#/components/schemas/Dog"},
                    {
                        "properties": {
                            "toy": {"type": "string", "nullable": True, "enum": ["ball", "bone"]}
                        }
                    },
                ]
            },
            "Pet": {
                "type": "object",
                "properties": {"kind": {"type": "string"}},
                "discriminator": {
                    "propertyName": "kind",
                    "mapping": {"bird": "#/components/schemas/Bird"},
                },
            },
            "Bird": {
                "allOf": [
                    {"$ref": "#/components/schemas/Pet"},
                    {"properties": {"wings": {"type": "integer"}}},
                ]
            },
        }
    },
}


def exchange(**values):
    given = {
        "vendor": "okta",
        "operation": "getDog",
        "verb": "GET",
        "path": "/dogs/rex",
        "template": "/dogs/{id}",
        "query": (),
        "user_agent": "someone/1",
        "sent_type": "",
        "sent": b"",
        "status": 200,
        "headers": {"Etag": "1"},
        "answer_type": "application/json",
        "answer": {"id": "rex", "born": 3},
    }
    return Exchange(**{**given, **values})


@pytest.fixture
def problems():
    judge = Judge(Description(DOCUMENT))
    return lambda **values: [
        f"{one.part}: {one.text}" for one in judge.problems(exchange(**values))
    ]


def test_what_is_as_described_is_no_finding(problems):
    assert problems() == []
    assert problems(answer={"id": "rex", "born": 3, "toy": None}, query=(("limit", "200"),)) == []
    assert (
        problems(
            verb="PUT", sent=b'{"born": 3}', sent_type="application/json", status=204, answer=None
        )
        == []
    )  # the id is read-only


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"answer": {"id": 1, "born": 3}}, "answer: body.id is integer, not string"),
        ({"answer": {"id": "rex"}}, "answer: body.born is not there"),
        ({"answer": {"id": "rex", "born": 3, "age": 2}}, "answer: body.age is not described"),
        (
            {"answer": {"id": "rex", "born": 3, "toy": "cat"}},
            "answer: body.toy is 'cat', against enum",
        ),
        ({"answer": None}, "answer: no body"),
        (
            {"answer": b"x", "answer_type": "text/html"},
            "answer: content type text/html is not described, but application/json",
        ),
        ({"headers": {}}, "headers: ETag is described and not there"),
        ({"status": 404}, "status: not described"),
        ({"query": (("colour", "red"),)}, "query: colour is not described"),
        ({"query": (("limit", "201"),)}, "query: limit is 201, against maximum"),
        ({"template": "/wolves", "verb": "GET"}, "operation: not in the description"),
    ],
)
def test_what_is_not_is_found(problems, values, found):
    assert problems(**values) == [found]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"sent": b"", "sent_type": ""}, "request: no body is sent, and one is required"),
        ({"sent": b"{", "sent_type": "application/json"}, "request: the body is not JSON"),
        (
            {"sent": b"born=3", "sent_type": "text/plain"},
            "request: content type text/plain is not described, but application/json",
        ),
        (
            {"sent": b'{"born": "3"}', "sent_type": "application/json"},
            "request: body.born is string, not integer",
        ),
    ],
)
def test_requests_are_held_to_it_too(problems, values, found):
    assert problems(verb="PUT", status=204, answer=None, headers={}, **values) == [found]


def test_who_asks_matters(problems):
    """The collection's requests always count, also refused ones.

    A test's own probe never does, another client's does if it was taken.
    """
    wrong = {"query": (("colour", "red"),)}
    assert problems(**wrong, user_agent="devicetrust.okta_kandji/1", status=404) == [
        "query: colour is not described",
        "status: not described",
    ]
    assert problems(**wrong, user_agent="python-requests/2") == []
    assert problems(**wrong, user_agent="okta-sdk/3", status=404) == ["status: not described"]
    assert problems(
        operation="", template="", user_agent="devicetrust.okta_kandji/1", status=404
    ) == ["operation: not in the description"]
    assert problems(operation="", template="", status=404) == []


def test_the_answer_of_a_fault_is_no_vendors_answer(problems):
    assert problems(status=503, answer=b"<html>", answer_type="text/html", fault=True) == []
    assert problems(
        status=503, fault=True, query=(("colour", "red"),), user_agent="devicetrust.okta_kandji/1"
    ) == ["query: colour is not described"]


def test_an_example_is_a_description(problems):
    cats = {"template": "/cats", "headers": {}}
    assert problems(**cats, answer={"cats": [{"name": None}]}) == []
    assert problems(**cats, answer={"cats": [{"name": "Mia", "age": 3}]}) == [
        "answer: body.cats[].age is not described"
    ]
    assert from_examples([{"a": 1}, {}])["required"] == []


def test_a_discriminator_chooses_what_counts(problems):
    pets = {"template": "/pets", "headers": {}}
    assert problems(**pets, answer={"kind": "bird", "wings": 2}) == []
    assert problems(**pets, answer={"kind": "bird", "fins": 2}) == [
        "answer: body.fins is not described"
    ]
    assert problems(**pets, answer={"kind": "fish", "wings": 2}) == [
        "answer: body.wings is not described"
    ]


def test_long_lists_are_sampled_from_end_to_end():
    rows = sampled(list(range(1000)))
    assert rows[:20] == list(range(20)) and len(rows) <= 40 and rows[-1] > 900
    assert sampled({"results": list(range(1000))})["results"] == rows


def test_no_secret_stands_in_a_finding(tmp_path):
    recorder = Recorder({"okta": Judge(Description(DOCUMENT))}, tmp_path)
    secret = "s3cret-Challenge"
    recorder(
        exchange(
            query=(("limit", secret),),
            answer={"id": "rex", "born": secret, "toy": {"challenge": secret}},
        )
    )
    recorder(
        exchange(
            verb="PUT",
            sent=json.dumps({"born": secret, "token": secret}).encode(),
            sent_type="application/json",
            status=204,
            answer=None,
        )
    )
    recorder(exchange(vendor="scep", path=f"/scep?challenge={secret}", template="/scep"))
    text = "".join(file.read_text() for file in tmp_path.iterdir())
    assert "born" in text and secret not in text


def test_findings_of_all_processes_are_counted_and_judged(tmp_path):
    for name in ("one", "two"):
        recorder = Recorder({"okta": Judge(Description(DOCUMENT))}, tmp_path / name)
        for _unused in range(10):
            recorder(exchange(status=404))
        recorder(exchange(answer=None))
    listed = Deviation("okta", ("getDog",), r"404 status: not described", "404", "said so")
    stale = Deviation("okta", ("*",), r"410 status: not described", "410", "said so")
    verdict = findings.judged(tmp_path, [listed, stale])
    assert verdict.lines() == [
        "okta getDog (GET /dogs/{id} -> 200) answer: no body  [2 times or more, someone/1]"
    ]
    assert verdict.stale == [stale]


def test_it_is_off_where_the_environment_says_nothing(monkeypatch, capsys):
    monkeypatch.delenv(DESCRIPTIONS, raising=False)
    assert observers() == []
    assert findings.check()
    assert "The recorder was off" in capsys.readouterr().out


def test_a_vendor_may_publish_several_descriptions(monkeypatch, tmp_path):
    for name, document in (("okta-first", {"paths": {}}), ("okta-second", DOCUMENT)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    (tmp_path / "iru.json").write_text(json.dumps({"paths": {}}))
    judges = descriptions(tmp_path)
    assert judges["okta"].find("GET", "/dogs/{id}") is not None
    assert judges["kandji"].find("GET", "/dogs/{id}") is None


def test_a_directory_without_descriptions_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv(DESCRIPTIONS, str(tmp_path))
    monkeypatch.setenv(FINDINGS, str(tmp_path))
    with pytest.raises(ValueError, match="must hold a file"):
        observers()


def test_a_check_that_saw_nothing_does_not_pass(monkeypatch, tmp_path):
    monkeypatch.setenv(DESCRIPTIONS, str(tmp_path))
    assert not findings.check(tmp_path)


def test_the_page_is_that_of_the_list():
    assert deviations.PAGE.read_text(encoding="utf-8") == deviations.rendered(), (
        "write it with python -m lab.contract.accepted_deviations"
    )


def test_every_entry_names_a_source():
    assert all(one.lacks and one.source for one in deviations.DEVIATIONS)
