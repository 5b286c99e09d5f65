# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare each request to the lab and its answer with the vendors' OpenAPI descriptions.

The environment variable ``DEVICE_TRUST_API_DESCRIPTIONS`` names their directory and switches the
recorder on. The directory holds files ``okta*.json``, and ``iru*.json`` or ``kandji*.json``. Of
several files of a vendor, the first that describes an operation counts.
Findings are lines of JSON, a file for each process, in ``.cache/recorder`` or in the directory that
``DEVICE_TRUST_API_FINDINGS`` names. A finding holds no values of a request or an answer, except
single short words that are not secret.
"""

from __future__ import annotations

import functools
import json
import os
import re
import threading
import typing as t
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.contract.openapi import Description, Schema

DESCRIPTIONS = "DEVICE_TRUST_API_DESCRIPTIONS"
FINDINGS = "DEVICE_TRUST_API_FINDINGS"
FILES = {"okta": ("okta*.json",), "kandji": ("iru*.json", "kandji*.json")}
DEFAULT_PLACE = Path(__file__).resolve().parents[2] / ".cache" / "recorder"

WHOLE_LISTS, SAMPLE = 40, 20  # rows of a longer list are sampled
OURS = "devicetrust.okta_kandji/"  # how the collection's user agent begins
PROBES = ("", "python-requests")  # of tests that ask by hand, also for what nobody should ask

_SECRET = re.compile(
    r"(?i)secret|token|challenge|password|assertion|authori|credential|key|profile|script|url|href"
)
_WORD = re.compile(r"[A-Za-z0-9_. -]{1,24}")


@dataclass(frozen=True)
class Exchange:
    """A request with its answer.

    ``template`` is the path in the lab; ``operation`` and ``template`` are empty for an unknown
    path.

    ``sent`` is the body of the request: bytes, or a dict for forms. ``answer`` is what a handler
    returned: parsed JSON, bytes, or None for nothing. ``fault`` is true if a fault was injected:
    the vendor would not answer like that.
    """

    vendor: str
    operation: str
    verb: str
    path: str
    template: str
    query: tuple[tuple[str, str], ...]
    user_agent: str
    sent_type: str
    sent: t.Any
    status: int
    headers: t.Mapping[str, str]
    answer_type: str
    answer: t.Any
    fault: bool = False


@dataclass(frozen=True, order=True)
class Finding:
    """A difference from a description.

    ``part`` is operation, query, request, status, headers or answer.
    """

    vendor: str
    operation: str
    verb: str
    template: str
    status: int
    part: str
    problem: str

    def __str__(self) -> str:
        return (
            f"{self.vendor} {self.operation} ({self.verb} {self.template} -> {self.status})"
            f" {self.part}: {self.problem}"
        )


@dataclass(frozen=True)
class Problem:
    """A difference from a description, without the operation."""

    part: str
    text: str


def observers() -> list[t.Callable[[Exchange], None]]:
    """Return the observers of a new lab: the recorder, if the environment asks for one."""
    directory = os.environ.get(DESCRIPTIONS)
    return (
        [_recorder(directory, os.environ.get(FINDINGS) or str(DEFAULT_PLACE))] if directory else []
    )


@functools.lru_cache(maxsize=4)
def _recorder(directory: str, findings: str) -> Recorder:
    return Recorder(descriptions(Path(directory)), Path(findings))


@functools.lru_cache(maxsize=2)
def descriptions(directory: Path) -> dict[str, Judges]:
    """Return the judges of each vendor. Raise ValueError if a description is missing."""
    judges = {}
    for vendor, patterns in FILES.items():
        files = sorted(place for pattern in patterns for place in directory.glob(pattern))
        if not files:
            raise ValueError(
                f"{DESCRIPTIONS} names {directory}, which must hold a file"
                f" {' or '.join(patterns)}; it holds none."
            )
        documents = [json.loads(file.read_text(encoding="utf-8")) for file in files]
        judges[vendor] = Judges([Judge(Description(document)) for document in documents])
    return judges


class Recorder:
    """Records the findings of a lab.

    A finding is written when it is first seen, and again after ten times as many occurrences.
    """

    def __init__(self, judges: t.Mapping[str, Judges | Judge], place: Path) -> None:
        self.judges, self.place = judges, place
        self.seen: Counter[t.Any] = Counter()
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange) -> None:
        """Record what is wrong with an exchange."""
        judge = self.judges.get(exchange.vendor)
        for problem in judge.problems(exchange) if judge else unknown(exchange):
            template = exchange.template or exchange.path
            finding = Finding(
                exchange.vendor,
                exchange.operation or "unknown",
                exchange.verb,
                template,
                exchange.status,
                problem.part,
                problem.text,
            )
            self._add(finding, exchange.user_agent)

    def _add(self, finding: Finding, user_agent: str) -> None:
        with self._lock:
            self.seen[finding] += 1
            count = self.seen[finding]
            if str(count).strip("0") != "1":
                return
            self.place.mkdir(parents=True, exist_ok=True)
            line = json.dumps(
                {**asdict(finding), "count": count, "by": user_agent.partition(" ")[0][:40]}
            )
            with (self.place / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def unknown(exchange: Exchange) -> list[Problem]:
    """Return the problem of an operation that no description has, such as SCEP."""
    return [Problem("operation", "not in the description")]


def _missing_headers(exchange: Exchange, response: Schema) -> list[Problem]:
    """Return a problem for each header that a description has and an answer lacks."""
    headers = {name.lower() for name in exchange.headers}
    return [
        Problem("headers", f"{name} is described and not there")
        for name in response.get("headers", {})
        if name.lower() not in headers
    ]


class Judges:
    """The judges of one vendor, which publishes its descriptions in several documents."""

    def __init__(self, judges: t.Sequence[Judge]) -> None:
        self._judges = judges

    def find(self, verb: str, template: str) -> Schema | None:
        """Return the operation of a verb and a path template, or None."""
        return self._judge(verb, template).description.find(verb, template)

    def problems(self, exchange: Exchange) -> list[Problem]:
        """Return the differences between an exchange and the document that describes it."""
        return self._judge(exchange.verb, exchange.template).problems(exchange)

    def _judge(self, verb: str, template: str) -> Judge:
        return next(
            (judge for judge in self._judges if judge.description.find(verb, template)),
            self._judges[0],
        )


class Judge:
    """Compares exchanges with one description, and keeps its compiled schemas."""

    def __init__(self, description: Description) -> None:
        self.description = description
        self._validators: dict[t.Any, t.Any] = {}

    def problems(self, exchange: Exchange) -> list[Problem]:
        """Return the differences between an exchange and the description."""
        if not exchange.operation:  # an unknown path: the probe of a test, unless we asked
            return unknown(exchange) if exchange.user_agent.startswith(OURS) else []
        described = self.description.find(exchange.verb, exchange.template)
        if described is None:
            return unknown(exchange)
        problems: list[Problem] = []
        # A refused request of another client is a test of the refusal. Requests of the collection
        # always count.
        client = exchange.user_agent.partition("/")[0] not in PROBES
        if exchange.user_agent.startswith(OURS) or (client and exchange.status < 400):
            problems += self._query(exchange, described)
            problems += self._request(exchange, described)
        if not exchange.fault:
            problems += self._answer(exchange, described)
        return problems

    def _query(self, exchange: Exchange, described: Schema) -> list[Problem]:
        known = {
            parameter["name"]: parameter
            for parameter in described["parameters"]
            if parameter["in"] == "query"
        }
        query = dict(exchange.query)
        problems = [
            Problem("query", f"{name} is not described") for name in sorted(set(query) - set(known))
        ]
        problems += [
            Problem("query", f"{name} is required and not there")
            for name, parameter in known.items()
            if parameter.get("required") and name not in query
        ]
        for name in sorted(set(query) & set(known)):
            raw = known[name].get("schema", {})
            kind = self.description.resolve(raw).get("type", "string")
            validator = self._validator(
                (id(described), "query", name),
                functools.partial(self.description.schema, {"schema": raw}, answer=False),
            )
            problems += [
                Problem("query", text)
                for text in complaints(validator, coerced(query[name], kind), name)
            ]
        return problems

    def _request(self, exchange: Exchange, described: Schema) -> list[Problem]:
        body = described.get("requestBody")
        empty = exchange.sent in (b"", None, {})
        if body is None:
            return [] if empty else [Problem("request", "a body is sent, and none is described")]
        if empty:
            return (
                [Problem("request", "no body is sent, and one is required")]
                if self.description.resolve(body).get("required")
                else []
            )
        contents = self.description.content(body)
        media = contents.get(exchange.sent_type)
        if media is None:
            return [
                Problem(
                    "request",
                    f"content type {exchange.sent_type or 'none'} is not described, but"
                    f" {', '.join(contents) or 'none'}",
                )
            ]
        validator = self._validator(
            (id(described), "request", exchange.sent_type),
            lambda: self.description.schema(media, answer=False),
        )
        try:
            return [
                Problem("request", text)
                for text in complaints(validator, self._sent(exchange, media), "body")
            ]
        except ValueError:
            return [Problem("request", "the body is not JSON")]

    def _sent(self, exchange: Exchange, media: Schema) -> t.Any:
        if not isinstance(exchange.sent, dict):
            return json.loads(exchange.sent)
        properties = self.description.resolve(media.get("schema", {})).get("properties", {})
        return {
            name: coerced(
                value, self.description.resolve(properties.get(name, {})).get("type", "string")
            )
            for name, value in exchange.sent.items()
        }

    def _answer(self, exchange: Exchange, described: Schema) -> list[Problem]:
        responses = described["responses"]
        response = (
            responses.get(str(exchange.status))
            or responses.get(f"{exchange.status // 100}XX")
            or responses.get("default")
        )
        if response is None:
            return [Problem("status", "not described")]
        response = self.description.resolve(response)
        problems = _missing_headers(exchange, response)
        contents = self.description.content(response)
        nothing = exchange.answer is None or exchange.answer == b""
        if nothing or not contents:
            # A 200 without a described body describes neither an empty answer nor a full one.
            return (
                problems
                if nothing and not contents
                else [
                    *problems,
                    Problem("answer", "no body" if nothing else "a body, and none is described"),
                ]
            )
        media = contents.get(exchange.answer_type)
        if media is None:
            return [
                *problems,
                Problem(
                    "answer",
                    f"content type {exchange.answer_type} is not described, but"
                    f" {', '.join(contents)}",
                ),
            ]
        key = (id(described), "answer", exchange.status, exchange.answer_type)
        validator = self._validator(key, lambda: self.description.schema(media, answer=True))
        answer = (
            exchange.answer
            if not isinstance(exchange.answer, bytes)
            else json.loads(exchange.answer)
        )
        return problems + [
            Problem("answer", text) for text in complaints(validator, sampled(answer), "body")
        ]

    def _validator(self, key: t.Any, schema: t.Callable[[], Schema]) -> t.Any:
        if key not in self._validators:
            from jsonschema_rs import Draft202012Validator  # only where the recorder is on

            self._validators[key] = Draft202012Validator(schema(), validate_formats=True)
        return self._validators[key]


def coerced(value: t.Any, kind: str) -> t.Any:
    """Return a query parameter or a form field as the type of its schema, if that is possible."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if kind == "boolean":
        return {"true": True, "false": False, "1": True, "0": False}.get(value.lower(), value)
    if kind == "integer":
        return int(value) if re.fullmatch(r"-?\d+", value) else value
    if kind == "array":
        return value.split(",")
    return value


def sampled(value: t.Any) -> t.Any:
    """Return an answer with its long lists shortened: their beginning and rows from the rest."""
    if isinstance(value, list) and len(value) > WHOLE_LISTS:
        rest = value[SAMPLE:]
        return value[:SAMPLE] + rest[:: -(-len(rest) // SAMPLE)]
    if isinstance(value, dict) and isinstance(value.get("results"), list):
        return {**value, "results": sampled(value["results"])}
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        return {**value, "data": sampled(value["data"])}
    return value


def complaints(validator: t.Any, value: t.Any, name: str) -> list[str]:
    """Return how a value differs from a schema, each difference once, without list indexes."""
    if validator.is_valid(value):
        return []
    return sorted(
        {text for error in validator.iter_errors(value) for text in _differences(error, name, ())}
    )


def _differences(error: t.Any, name: str, above: tuple[t.Any, ...]) -> list[str]:
    kind, place = error.kind, above + tuple(error.instance_path)
    where = name + "".join("[]" if isinstance(step, int) else f".{step}" for step in place)
    branches = getattr(kind, "context", None)
    if branches:  # the nearest alternative, if it is nearer than "another type"
        nearest = min(
            branches,
            key=lambda branch: (
                any(not part.instance_path and part.kind.name == "type" for part in branch),
                len(branch),
            ),
        )
        return [text for part in nearest for text in _differences(part, name, above)]
    if kind.name == "additionalProperties":
        return [f"{where}.{key} is not described" for key in kind.unexpected]
    if kind.name == "required":
        return [f"{where}.{kind.property} is not there"]
    if kind.name == "type":
        return [f"{where} is {_type(error.instance)}, not {' or '.join(kind.types)}"]
    return [f"{where} is {_value(where, error.instance)}, against {kind.name}"]


def _type(value: t.Any) -> str:
    kinds = {
        type(None): "null",
        bool: "boolean",
        int: "integer",
        float: "number",
        str: "string",
        list: "array",
        dict: "object",
    }
    return kinds.get(value.__class__, "something else")


def _value(where: str, value: t.Any) -> str:
    """Return a value if it is a short word of a field that holds no secret, else its type."""
    plain = isinstance(value, (int, float)) or (isinstance(value, str) and _WORD.fullmatch(value))
    return repr(value) if plain and not _SECRET.search(where) else _type(value)
