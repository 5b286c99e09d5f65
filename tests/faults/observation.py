# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run did: its result, its requests, and what the vendors have afterwards."""

from __future__ import annotations

import json
import re
import tempfile
import time
import typing as t
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from unittest import mock

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.progress import (
    Progress,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http import paging

from tests.faults.channel import KANDJI, OKTA, Alter, Channel, Company, Endless
from tests.faults.exchange import Exchange

Json = dict[str, t.Any]
# Runs something against a company's addresses and returns its result. The argument is a directory.
Run = Callable[[Path], Json]

_TOKENS = re.compile(
    r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"
    r"|\b[0-9a-fA-F]{32,64}\b"
    r"|\b0[0-9a-z]{2}[0-9a-zA-Z]{17}\b|\b[a-z]{3}[0-9a-zA-Z]{17}\b"
    r"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|\b1[0-9]{9}(?:\.\d+)?\b"
    r"|(?<= as )[0-9a-f]{12}(?=: )"  # of the rules in a policy's description
)
MAX_PAGES = 30  # of a list, in place of the collection's bound
LONG_PAUSE = 10  # seconds, in which Macs live. A shorter one is before a repeated request
DIRECTORY = "/work-of-this-run"
FINGERPRINT = 12  # characters of a report's fingerprint that a result shows


@dataclass(frozen=True)
class Observation:
    """One run.

    ``known`` are the ids and times that it read before its first write: any other is new, and
    differs from run to run. ``requests`` names the operation of each request. ``printed`` is all
    that a person may see. ``trouble`` says why there is no result.
    """

    result: Json
    warnings: tuple[str, ...]
    exchanges: tuple[Exchange, ...]
    carried_out: tuple[Exchange, ...]
    state: Json
    requests: tuple[str, ...] = ()
    printed: str = ""
    trouble: str = ""

    @property
    def failed(self) -> bool:
        """Whether the run failed with a message."""
        return bool(self.result.get("failed"))

    @cached_property
    def known(self) -> frozenset[str]:
        """The ids and times of the answers before the first write."""
        found: set[str] = set()
        for exchange in self.exchanges:
            if exchange.writes:
                break
            found.update(_tokens_in(exchange.body))
        return frozenset(found)


@lru_cache(maxsize=1024)
def _tokens_in(body: bytes) -> frozenset[str]:
    """Return the ids and times of an answer. Most answers of a run are those of another one."""
    return frozenset(_TOKENS.findall(body.decode(errors="replace")))


@dataclass
class Stage:
    """Where runs take place: a company, what happens while a run waits, and secrets."""

    company: Company
    at_pause: Callable[[], None] = lambda: None
    pauses: list[float] = field(default_factory=list)

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Let waiting take no time: the clocks of lab and run move on instead."""
        real = time.monotonic

        def pause(_progress: Progress, seconds: float) -> None:
            self.pauses.append(seconds)
            self.company.world.clock.advance(seconds=seconds)
            if seconds >= LONG_PAUSE:
                self.at_pause()

        with (
            mock.patch.object(paging, "MAX_PAGES", MAX_PAGES),
            mock.patch.object(Progress, "sleep", pause),
            mock.patch.object(time, "monotonic", lambda: real() + sum(self.pauses)),
        ):
            yield

    def observe(self, run: Run, alter: Alter, at_most: int = 100_000) -> Observation:
        """Run it through a channel, and return what it did."""
        channel = Channel(self.company, alter, at_most)
        trouble, result = "", Json()
        with tempfile.TemporaryDirectory() as directory:
            with self.opened(), channel.opened():
                try:
                    result = run(Path(directory))
                except Endless:
                    trouble = f"endless: more than {at_most} requests"
            printed = str(result.pop("printed", "")).replace(directory, DIRECTORY)
            result = _with_files(result, Path(directory))
        state = read_state(self.company) if channel.carried_out else {}
        return Observation(
            result,
            tuple(result.pop("warnings", ())),
            tuple(channel.exchanges),
            tuple(channel.carried_out),
            state,
            tuple(channel.requests),
            printed,
            trouble,
        )


OF_THE_RUN = ("fingerprint", "api_calls")  # keys of a report that say nothing of a fleet


def _with_files(result: Json, directory: Path) -> Json:
    """Return a result with the report of its directory in place of its fingerprint.

    What a report shows is compared like what a result shows.
    """
    text, reports = json.dumps(result), Json()
    for path in sorted(directory.glob("*.json")):
        report = json.loads(path.read_bytes())
        if "fingerprint" in report:
            text = text.replace(report["fingerprint"][:FINGERPRINT], "fingerprint")
            reports[path.name] = {
                name: value for name, value in report.items() if name not in OF_THE_RUN
            }
    shown: Json = json.loads(text.replace(str(directory), DIRECTORY))
    return {**shown, "reports": reports} if reports else shown


def read_state(company: Company) -> Json:
    """Return what both vendors keep, as their own answers show it."""
    names = company.announcement
    okta = _reader(company, OKTA + "/api/v1", "SSWS " + names["okta_api_token"])
    kandji = _reader(company, KANDJI + "/api/v1", "Bearer " + names["kandji_api_token"])
    blueprints = kandji("/blueprints?limit=300")["results"]
    policies = okta("/policies?type=ACCESS_POLICY&limit=200")
    methods = [each["id"] for each in okta("/authenticators")]
    return {
        "profiles": kandji("/library/custom-profiles")["results"],
        "scripts": kandji("/library/custom-scripts")["results"],
        "items": {
            each["name"]: kandji(f"/blueprints/{each['id']}/list-library-items")["results"]
            for each in blueprints
        },
        "nodes": [each["nodes"] for each in company.world.kandji.describe()["blueprints"]],
        "devices": [
            {name: row[name] for name in ("device_id", "tags", "blueprint_id")}
            for row in kandji("/devices?limit=300&offset=0")
        ],
        "policies": policies,
        "rules": {each["id"]: okta(f"/policies/{each['id']}/rules") for each in policies},
        "apps": {each["id"]: okta(f"/policies/{each['id']}/mappings") for each in policies},
        "records": okta("/devices?limit=200"),
        "methods": {each: okta(f"/authenticators/{each}/methods") for each in methods},
    }


def _reader(company: Company, base: str, token: str) -> Callable[[str], t.Any]:
    return lambda path: company.read(base + path, token)


def normalized(value: t.Any, known: frozenset[str]) -> t.Any:
    """Return a value with placeholders for ids and times that are not known."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return json.loads(_TOKENS.sub(lambda m: m[0] if m[0] in known else "<new>", text))


def differences(left: t.Any, right: t.Any, path: str = "") -> list[tuple[str, t.Any, t.Any]]:
    """Return where two JSON values differ: path, left and right, None where one has nothing."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        keys = sorted({*left, *right})
        return [
            each
            for key in keys
            for each in differences(left.get(key), right.get(key), f"{path}.{key}")
        ]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = enumerate(zip(left, right, strict=True))
        return [each for n, (a, b) in pairs for each in differences(a, b, f"{path}[{n}]")]
    if left is None and isinstance(right, (Mapping, list)) and right:
        return _inside(right, path)
    return [] if left == right and type(left) is type(right) else [(path, left, right)]


def _inside(value: t.Any, path: str) -> list[tuple[str, t.Any, t.Any]]:
    """Return the values inside one that is new, None as the left of each."""
    if isinstance(value, Mapping) and value:
        return [each for key in sorted(value) for each in _inside(value[key], f"{path}.{key}")]
    if isinstance(value, list) and value:
        return [each for n, inner in enumerate(value) for each in _inside(inner, f"{path}[{n}]")]
    return [(path, None, value)]
