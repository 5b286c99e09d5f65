# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was read of a tenant to verify it: each answer as it came, and how each read ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .._core.json_fields import Row, as_object, as_objects, parse_json
from .._http.operations import Exchange
from .._kandji.client import ENVELOPES
from .._kandji.records import CustomProfile
from .._okta.authentication.auth import API_TOKEN

# Where lists have their rows: in Kandji's envelopes, in Okta's newer APIs, of one device.
ROWS = ("results", "data", "library_items")
READ, REFUSED, UNREACHABLE, UNREADABLE, SKIPPED = (
    "read",
    "refused",
    "unreachable",
    "unreadable",
    "skipped",
)
TRIAL = "trial"  # the name of the writes among the reads


def list_path(body: object) -> tuple[str, ...] | None:
    """Return the keys that lead to the rows of a list, no keys if the body is the list itself.

    None if the body holds no list.
    """
    if isinstance(body, list):
        return ()
    whole = as_object(body)
    for prefix in ((), *((member,) for member in ENVELOPES.values())):
        envelope = as_object(whole.get(prefix[0])) if prefix else whole
        key = next((key for key in ROWS if isinstance(envelope.get(key), list)), None)
        if key:
            return (*prefix, key)
    return None


@dataclass(frozen=True)
class Reply:
    """An answer to an operation.

    :arg path: the values in the operation's path.
    :arg headers: names in lower case.
    :arg body: the JSON of the answer, None if it has none.
    """

    path: Mapping[str, str]
    query: Mapping[str, str | int]
    status: int
    headers: Mapping[str, str]
    body: object = None
    content: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, exchange: Exchange) -> Reply:
        """Return the answer of an exchange."""
        try:
            body = parse_json(exchange.content)
        except ValueError:
            body = None
        headers = {name.lower(): value for name, value in exchange.headers.items()}
        return cls(exchange.path, exchange.query, exchange.status, headers, body, exchange.content)

    @property
    def is_read(self) -> bool:
        """Whether it is not an error."""
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """The vendor's code of an error, "" if it has none."""
        body = as_object(self.body)
        return str(body.get("errorCode") or body.get("error") or "")

    @property
    def rows(self) -> list[Row]:
        """The objects of a list, whatever holds them, or the one object."""
        path = list_path(self.body)
        if path is None:
            body = as_object(self.body)
            return [body] if body else []
        rows = self.body
        for key in path:
            rows = as_object(rows)[key]
        return as_objects(rows)


@dataclass(frozen=True)
class ReadOutcome:
    """How a read ended.

    :arg state: read, refused, unreachable, unreadable or skipped.
    :arg code: the vendor's code of the refusal.
    :arg reason: why it was skipped, as a sentence without anything of the tenant.
    """

    state: str
    status: int = 0
    code: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Surroundings:
    """What the options say of the tenant. Hosts are host names with their ports.

    :arg signs_in_by: the authentication method at Okta.
    """

    okta_host: str = ""
    kandji_host: str = ""
    scep_host: str = ""
    signs_in_by: str = API_TOKEN


@dataclass(frozen=True)
class Trial:
    """What Kandji showed of a Custom Profile that this run created, renamed and deleted.

    :arg created: the answer to its creation; ``renamed``: to the change of its name alone.
    :arg listed: its row in the list right after the creation, None if it was not there;
        ``listed_renamed``: with the new name, right after the change.
    :arg listed_deleted: whether the list still had it right after the deletion.
    """

    created: CustomProfile
    renamed: CustomProfile
    listed: CustomProfile | None
    listed_renamed: CustomProfile | None
    listed_deleted: bool


@dataclass(frozen=True)
class Material:
    """All that was read.

    :arg replies: answers by the name of their operation, in the order in which they came.
    :arg outcomes: how each read ended, by its name.
    :arg trial: None in a run that does not write.
    """

    replies: Mapping[str, Sequence[Reply]] = field(default_factory=dict)
    outcomes: Mapping[str, ReadOutcome] = field(default_factory=dict)
    surroundings: Surroundings = Surroundings()
    trial: Trial | None = None

    def of(self, operation: str) -> Sequence[Reply]:
        """Return the answers to an operation, errors too."""
        return self.replies.get(operation, ())

    def read(self, operation: str) -> list[Reply]:
        """Return the answers to an operation that are no errors."""
        return [reply for reply in self.of(operation) if reply.is_read]

    def rows(self, operation: str) -> Iterator[Row]:
        """Yield the rows of all answers to an operation."""
        for reply in self.read(operation):
            yield from reply.rows

    def events(self, *types: str) -> list[Row]:
        """Return the events of the System Log of these types."""
        return [row for row in self.rows("listLogEvents") if row.get("eventType") in types]


class Collector:
    """Takes note of the answers to some operations."""

    def __init__(self, operations: Iterable[str]) -> None:
        self.replies: dict[str, list[Reply]] = {name: [] for name in operations}

    def observe(self, exchange: Exchange) -> None:
        """Keep an answer, unless it is of another operation, such as a request for a token."""
        if exchange.operation in self.replies:
            self.replies[exchange.operation].append(Reply.of(exchange))
