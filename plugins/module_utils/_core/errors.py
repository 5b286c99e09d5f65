# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, as types. Each says in one sentence what is wrong, where, and what to do."""

from __future__ import annotations

import typing as t

# The remedy where an answer cannot be the vendor's own, or was cut short.
TRY_AGAIN = "Run again. If the error stays, check whether a proxy or gateway changes answers."


class DeviceTrustError(Exception):
    """Base of everything that ends a module with a message instead of a traceback.

    ``details`` goes into the module's result next to ``msg`` (vendor, operation, status,
    error_code, request_id, console_steps ...). ``may_be_done`` is whether the error is of a write
    that the vendor may have carried out.
    """

    may_be_done = False
    _causes: tuple[DeviceTrustError, ...] = ()

    def __init__(self, message: str, **details: t.Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = {
            name: value for name, value in details.items() if value not in (None, "", [])
        }

    def __str__(self) -> str:
        """Return the message."""
        return self.message

    @property
    def causes(self) -> tuple[DeviceTrustError, ...]:
        """The errors of which this is the sum, or this one alone."""
        return self._causes or (self,)


class BadOption(DeviceTrustError):
    """An option whose value cannot work, refused before any request."""


class Unreachable(DeviceTrustError):
    """No answer: name resolution, refused or broken connection, time out."""


class NotTrusted(DeviceTrustError):
    """The TLS certificate of the host could not be verified."""


class Unreadable(DeviceTrustError):
    """An answer that is not what the vendor documents.

    It is HTML of a gateway, truncated JSON, a redirect.
    """


class Uncertain(DeviceTrustError):
    """A write whose answer was lost. Whether it was done only a fresh read can tell."""


class RunEnded(DeviceTrustError):
    """The ansible-playbook that started the module ended, so it must not write any more."""


class WriteInCheckMode(DeviceTrustError):
    """A client that was opened for check mode was asked to write.

    A mistake of ours, never of the user.
    """


class ApiError(DeviceTrustError):
    """The vendor answered with an error."""

    @property
    def error_code(self) -> str:
        """The vendor's code of the error, "" if it has none."""
        return str(self.details.get("error_code", ""))

    @property
    def status(self) -> int:
        """The HTTP status of the answer, 0 if it is unknown."""
        return int(self.details.get("status", 0))


class Unauthorized(ApiError):
    """401: the token is wrong, expired or revoked."""


class Forbidden(ApiError):
    """403: the token is good, but lacks a permission or scope."""


class NotFound(ApiError):
    """404."""


class RateLimited(ApiError):
    """429 that did not end within the time that we wait."""


class Refused(DeviceTrustError):
    """The request makes sense, and one of our own guards holds it back."""


class NeedsConsole(DeviceTrustError):
    """A step that only a vendor's console can do has to come first; ``console_steps`` say how."""


class NotAsWritten(DeviceTrustError):
    """The vendor accepted a write and then shows something else than was written."""


def still_listed(vendor: str, operation: str, what: str) -> NotAsWritten:
    """Return the error of a deletion whose object was not found, and is listed all the same.

    :arg what: the object, with its name and id.
    """
    return NotAsWritten(
        f"{what}: {vendor.capitalize()} answered {operation} with 404, and lists it all the same."
        " Run again.",
        vendor=vendor,
        operation=operation,
    )


def all_of(reads: t.Sequence[t.Callable[[], t.Any]]) -> list[t.Any]:
    """Return the results of several reads.

    All are tried before the first error is raised, so that one run shows every problem.
    """
    results: list[t.Any] = []
    errors: list[DeviceTrustError] = []
    for read in reads:
        try:
            results.append(read())
        except DeviceTrustError as error:
            errors.append(error)
    if len(errors) > 1:
        texts = list(dict.fromkeys(error.message for error in errors))
        total = DeviceTrustError(" ".join(texts), **{**errors[0].details, "problems": texts})
        total._causes = tuple(errors)
        raise total
    if errors:
        raise errors[0]
    return results
