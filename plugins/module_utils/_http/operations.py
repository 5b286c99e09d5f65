# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Vendors, their operations, requests for them, and what comes back."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from .._core.errors import BadOption

if t.TYPE_CHECKING:
    from .auth import Auth

NOT_IDS = ("", ".", "..")  # clients and servers remove these from a path


@dataclass(frozen=True)
class Operation:
    """A documented operation of a vendor.

    :arg path: may hold ``{placeholders}``.
    :arg permission: the scope, or the entry in the token's permissions, that it needs.
    :arg writes: what check mode goes by. A token request is a POST that reads.
    :arg repeatable: sending it twice does no more than sending it once.
    :arg keeps_state: a write after which the vendor keeps what it kept, such as a check-in.
    :arg optional: what it reads enriches a result alone, or only some runs send it. Its scope is
        asked for apart from the others, which do not fail with it then. A module declares an
        operation so with ``optional``; here it marks what is optional in all modules.
    :arg html_statuses: statuses that the vendor itself answers with an HTML page.
    :arg if_unknown: what to do if it is unknown whether a write was carried out.
    """

    name: str
    verb: str
    path: str
    permission: str = ""
    writes: bool = False
    repeatable: bool = False
    keeps_state: bool = False
    optional: bool = False
    html_statuses: tuple[int, ...] = ()
    if_unknown: str = "Run again: the next run reads first."

    @property
    def may_repeat(self) -> bool:
        """Whether sending it again is safe."""
        return self.repeatable or not self.writes

    @property
    def changes_state(self) -> bool:
        """Whether the vendor keeps something else afterwards."""
        return self.writes and not self.keeps_state

    def expand_path(self, values: Mapping[str, str]) -> str:
        """Return the path with the values, percent-encoded, in place of its placeholders.

        Raises BadOption for a value with which the path would be that of another operation.
        """
        for value in values.values():
            if value in NOT_IDS or not str(value).isprintable():
                raise BadOption(f"{self.name}: {value!r} is not an id. Correct or remove it.")
        return self.path.format(
            **{name: quote(str(value), safe="") for name, value in values.items()}
        )


def optional(*operations: Operation) -> tuple[Operation, ...]:
    """Return operations as a module declares them whose result some runs can do without."""
    return tuple(replace(operation, optional=True) for operation in operations)


# Parameters of a query; requests writes the values as text.
Query = Mapping[str, "str | int"]
# Parts of a multipart form: (file name or None, content[, content type]).
Files = Mapping[str, "tuple[str | None, str | bytes] | tuple[str, bytes, str]"]


@dataclass(frozen=True)
class Request:
    """What is sent with an operation.

    :arg path: values for the placeholders of the operation's path.
    :arg form: the fields of a form, or a function that returns them for each attempt.
    :arg content: a body that is sent as it is.
    :arg raw: return the bytes of the answer unparsed.
    :arg auth: replaces the transport's own.
    :arg is_undone: reads whether the vendor did not carry the request out. It is called before a
        write is sent again after a 429, which may be a gateway's. Without it, a write that is not
        repeatable ends with the 429.
    :arg max_transport_retries: retry limit for this request after no answer or a gateway's error,
        for callers that can ask for less instead. None is the limit of the settings.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    query: Query | None = None
    json: t.Any = None
    form: Mapping[str, str] | Callable[[], Mapping[str, str]] | None = None
    files: Files | None = None
    content: bytes | None = None
    headers: Mapping[str, str] | None = None
    raw: bool = False
    auth: Auth | None = None
    max_transport_retries: int | None = None
    is_undone: Callable[[], bool] | None = None

    @property
    def body(self) -> bytes | Mapping[str, str] | None:
        """The content, else the form of the next attempt."""
        if self.content is not None:
            return self.content
        return self.form() if callable(self.form) else self.form


@dataclass(frozen=True)
class Answer:
    """An answer that is not an error.

    ``json`` is None if the body is empty or the request asked for bytes.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes = b""
    json: t.Any = None


@dataclass(frozen=True)
class Exchange:
    """One attempt and the answer to it, an error or not, for what looks at answers themselves.

    :arg vendor: name of the vendor.
    :arg operation: name of the operation.
    :arg path: the values in the operation's path.
    :arg headers: names are looked up in any case.
    """

    vendor: str
    operation: str
    path: Mapping[str, str]
    query: Mapping[str, str | int]
    status: int
    headers: Mapping[str, str]
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Write:
    """A write that a vendor carried out, or may have carried out.

    :arg target: the values in the operation's path, such as the id of a library item.
    """

    vendor: str
    operation: str
    target: Mapping[str, str]
    is_certain: bool

    def as_result(self) -> dict[str, str | dict[str, str]]:
        """Return the write as a failure lists it."""
        return {
            "vendor": self.vendor,
            "operation": self.operation,
            "target": dict(self.target),
            "outcome": "done" if self.is_certain else "unknown",
        }


@dataclass(frozen=True)
class Explanation:
    """What a vendor's error body says, with the id to quote to the vendor's support."""

    text: str
    code: str = ""
    request_id: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """The code, else the text."""
        return self.code or self.text


@dataclass(frozen=True)
class Vendor:
    """Whom a transport speaks to.

    :arg name: okta, kandji or scep; it names the calls in results and in errors.
    :arg title: the vendor as a person calls it.
    :arg explain: reads error bodies: (status, headers, parsed body or text) -> Explanation.
    :arg hourly_limit: the vendor's limit of requests per hour; 0 is none.
    :arg is_declared: modules declare the operations that they send.
    """

    name: str
    title: str
    explain: Callable[[int, Mapping[str, str], t.Any], Explanation]
    hourly_limit: int = 0
    is_declared: bool = True
