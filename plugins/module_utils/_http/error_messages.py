# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of requests, in sentences that name the origin or the vendor, with secrets masked."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .._core.errors import (
    ApiError,
    BadOption,
    DeviceTrustError,
    Forbidden,
    NotFound,
    NotTrusted,
    RateLimited,
    Unauthorized,
    Uncertain,
    Unreachable,
    Unreadable,
    WriteInCheckMode,
)
from .._core.masking import Masker
from .operations import Explanation, Operation, Vendor
from .retry import NOT_CARRIED_OUT, RETRY_STATUSES, may_be_carried_out

# In errors of requests: what failed before a request was sent.
_NO_CONNECTION = (
    "NewConnectionError",
    "NameResolution",
    "ConnectTimeoutError",
    "Tunnel connection failed",
)
ERROR_TYPES = {401: Unauthorized, 403: Forbidden, 404: NotFound, 429: RateLimited}


@dataclass(frozen=True)
class Failures:
    """The errors of requests to one origin."""

    vendor: Vendor
    origin: str
    masker: Masker

    # Before a request is sent

    def write_in_check_mode(self, operation: Operation) -> WriteInCheckMode:
        """Return the error of a write that check mode forbids."""
        return WriteInCheckMode(
            f"{operation.name} writes and was called in check mode. Please report this.",
            operation=operation.name,
        )

    def undeclared(self, operation: Operation) -> DeviceTrustError:
        """Return the error of an operation that the module does not declare."""
        return DeviceTrustError(
            f"{operation.name} was called and is not declared by this module. Please report this.",
            operation=operation.name,
        )

    def hourly_share_used(self, operation: Operation, used: str, has_more: bool) -> RateLimited:
        """Return the error of a run that has sent its share of the requests of an hour.

        :arg used: what was used, of how many.
        :arg has_more: whether a greater share would let it go on.
        """
        more = ", or raise capacity_percent" if has_more else ""
        return RateLimited(
            f"This run has used its share of {self.vendor.title}'s hourly limit ({used})."
            f" Run again later{more}.",
            vendor=self.vendor.name,
            operation=operation.name,
        )

    # Without an answer

    def unsendable(self, operation: Operation) -> Unreadable:
        """Return the error of a request with a lone surrogate, as only vendors send them."""
        return Unreadable(
            f"{self.vendor.title}: {operation.name} would send a lone surrogate, which no text"
            " may have. Nothing was sent. Correct the object that has it in its name.",
            vendor=self.vendor.name,
        )

    def bad_settings(self, error: OSError, ca_path: str | None) -> BadOption:
        """Return the error of settings that no request can be sent with."""
        name, path = _find_ca_file(ca_path)
        if path and not os.path.exists(path):
            return BadOption(f"{name}: {path} does not exist. Correct the path.")
        return BadOption(self.masker.text(f"ca_path or network settings: {error}."))

    def bad_tls(
        self, operation: Operation, error: Exception, ca_path: str | None
    ) -> DeviceTrustError:
        """Return the error of a TLS connection that was not made or that broke."""
        text = repr(error)
        if "NO_CERTIFICATE_OR_CRL_FOUND" in text:
            name, path = _find_ca_file(ca_path)
            return BadOption(f"{name}: {path} holds no certificate. Set another file.")
        if "CERTIFICATE_VERIFY_FAILED" not in text and "doesn't match" not in text:
            # It may have broken after the request was sent: a write may have been carried out.
            return self.unreachable(operation, f"the TLS connection failed ({self._reason(error)})")
        return NotTrusted(
            self.masker.text(
                f"The TLS certificate of {self.origin} cannot be verified ({self._reason(error)})."
                " If its CA is a private one, set ca_path."
            ),
            vendor=self.vendor.name,
            operation=operation.name,
        )

    def broken_connection(self, operation: Operation, error: Exception) -> Unreachable:
        """Return the error of a connection that was not made or that broke."""
        return self.unreachable(operation, self._reason(error), _was_never_sent(error))

    def broken_proxy(self, operation: Operation, error: Exception) -> Unreachable:
        """Return the error of a proxy that was not reached, that refused, or that broke.

        urllib3 does not tell these apart: it says that it cannot connect to a proxy that closes the
        connection after it took the request.
        """
        return self.unreachable(
            operation, f"the proxy: {self._reason(error)}", _was_never_sent(error)
        )

    def incomplete(self, operation: Operation, seconds: float) -> Unreachable:
        """Return the error of an answer that was not complete after so many seconds."""
        error = self.unreachable(operation, f"the answer is not complete after {seconds:g} s")
        error.details["incomplete"] = True
        return error

    def unreachable(
        self, operation: Operation, reason: str, never_sent: bool = False
    ) -> Unreachable:
        """Return the error of a request without an answer."""
        return Unreachable(
            self.masker.text(f"{self.origin} ({operation.name}) cannot be reached: {reason}."),
            vendor=self.vendor.name,
            never_sent=never_sent or None,
        )

    def lost(self, operation: Operation, error: Unreachable) -> DeviceTrustError:
        """Return the error of a request without an answer: Uncertain if it may have written."""
        if not operation.writes or error.details.get("never_sent"):
            return error
        return Uncertain(
            f"{error.message} {_unknown_fate(operation)}",
            vendor=self.vendor.name,
            operation=operation.name,
        )

    def name_unknown_fate(self, operation: Operation, error: DeviceTrustError) -> str:
        """Return the message of the last attempt's error, after one that may have written."""
        if isinstance(error, Uncertain):
            return error.message
        if isinstance(error, RateLimited):
            return f"{error.message} {_unknown_fate(operation)}"
        return f"{error.message} An earlier attempt had no clear answer. {_unknown_fate(operation)}"

    # Of an answer

    def wait_too_long(self, operation: Operation, status: int, seconds: float) -> DeviceTrustError:
        """Return the error of an answer that asks for a wait that is too long."""
        text = (
            f"{self.vendor.title} asks to wait {seconds:.0f} s before the next {operation.name}."
            " Run again later."
        )
        return self._of_answer(operation, status, text, RateLimited)

    def redirect(self, operation: Operation, status: int) -> DeviceTrustError:
        """Return the error of a redirect."""
        text = (
            f"{self.origin} ({operation.name}) answers with a redirect, which is never followed"
            " with a token. Check the URL."
        )
        return self._of_answer(operation, status, text, Unreadable)

    def unreadable(self, operation: Operation, status: int, is_page: bool) -> DeviceTrustError:
        """Return the error of an answer that is not JSON."""
        kind = "an HTML page" if is_page else "something that is not complete JSON"
        text = (
            f"{self.origin} ({operation.name}) answered {status} with {kind}, not as the API of"
            f" {self.vendor.title} does. Check the URL, and whether a proxy or gateway is in"
            " between."
        )
        return self._of_answer(operation, status, text, Unreadable)

    def too_large(self, operation: Operation, status: int, max_bytes: int) -> DeviceTrustError:
        """Return the error of an answer that is larger than what is read."""
        text = (
            f"{self.origin} ({operation.name}) answered {status} with more than"
            f" {max_bytes / 2**20:g} MiB. Check the URL, and whether a proxy or gateway is in"
            " between."
        )
        return self._of_answer(operation, status, text, Unreadable)

    def uncertain(self, operation: Operation, status: int, explained: Explanation) -> Uncertain:
        """Return the error of a write that the vendor may have carried out before it failed."""
        return Uncertain(
            self.masker.text(
                f"{self.vendor.title} answered {operation.name} with {status}:"
                f" {_sentence(explained.text)} {_unknown_fate(operation)}"
            ),
            **self._details(operation, status, explained),
        )

    def _of_answer(
        self, operation: Operation, status: int, text: str, kind: type[DeviceTrustError]
    ) -> DeviceTrustError:
        """Return the error of this kind, or Uncertain for a write that may be carried out."""
        details = {"vendor": self.vendor.name, "operation": operation.name, "status": status}
        if operation.writes and may_be_carried_out(status):
            return Uncertain(f"{text} {_unknown_fate(operation)}", **details)
        return kind(text, **details)

    def refused(
        self, operation: Operation, status: int, explained: Explanation, text: str | None = None
    ) -> ApiError:
        """Return the error of a refusal. ``text`` is its message if authentication explains it."""
        return ERROR_TYPES.get(status, ApiError)(
            self.masker.text(text or self._refusal(operation, status, explained)),
            **self._details(operation, status, explained),
        )

    def _reason(self, error: Exception) -> str:
        """Return the innermost cause of an exception of requests, in its own words and short."""
        text = self.masker.foreign_text(_innermost_text(error))
        return text.rsplit(": ", 1)[-1] if "HTTPSConnection" in text else text[:200]

    def _details(
        self, operation: Operation, status: int, explained: Explanation
    ) -> dict[str, object]:
        """Return the details of an error that the vendor explained, without secrets."""
        details = {
            "error_code": explained.code,
            "request_id": explained.request_id,
            "error_text": explained.text,
            **explained.extra,
        }
        named = {"vendor": self.vendor.name, "operation": operation.name, "status": status}
        return {**named, **self.masker.value(details)}

    def _refusal(self, operation: Operation, status: int, explained: Explanation) -> str:
        """Return the message of a refusal that authentication does not explain."""
        if status == 401:
            return (
                f"The token for {self.origin} is not accepted (401 {explained.reason}). Check that"
                " it is whole, not expired and of this tenant."
            )
        if status == 403 and operation.permission:
            return (
                f"The token for {self.origin} lacks a permission: {operation.name} needs"
                f" {operation.permission!r} (403 {explained.reason})."
            )
        text = f"{self.vendor.title} refused {operation.name} with {status}: {explained.text}"
        retry = status in (*NOT_CARRIED_OUT, *RETRY_STATUSES)
        return _sentence(text) + (" Run again later." if retry else "")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _unknown_fate(operation: Operation) -> str:
    return f"Whether {operation.name} was carried out is unknown. {operation.if_unknown}"


def _was_never_sent(error: Exception) -> bool:
    """Return whether there was no connection for the request, so that nobody carried it out."""
    text = repr(error)
    return any(cause in text for cause in _NO_CONNECTION)


def _innermost_text(error: Exception) -> str:
    inner: BaseException = error
    for _attempt in range(6):
        deeper = getattr(inner, "reason", None) or next(
            (arg for arg in getattr(inner, "args", ()) if isinstance(arg, Exception)), None
        )
        if not isinstance(deeper, Exception):
            break
        inner = deeper
    return str(inner)


def _find_ca_file(ca_path: str | None) -> tuple[str, str]:
    """Return where the CA certificates of a request are set, and their path: "" for the defaults.

    Without the option, the library takes the file of an environment variable.
    """
    if ca_path:
        return "ca_path", ca_path
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    name = next((name for name in names if os.environ.get(name)), "ca_path")
    return name, os.environ.get(name, "")
