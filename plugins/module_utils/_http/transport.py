# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP session to one origin: TLS, retries, pacing, the count of calls, and masked errors.

Everything that this collection sends to a vendor goes through ``Transport.send``. It needs the
library ``requests``.
"""

from __future__ import annotations

import threading
import time
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime

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
from .auth import Auth
from .operations import Answer, Explanation, Operation, Query, Request
from .rate_limit import Pacer, reset_wait
from .retry import MAX_WAIT, RETRY_STATUSES, UNCERTAIN_STATUSES, Attempts, retry_after
from .settings import Settings

try:
    import requests
    import requests.auth
    import requests.exceptions

    REQUESTS_IMPORT_ERROR = None
    _AuthBase: t.Any = requests.auth.AuthBase
except ImportError as error:
    REQUESTS_IMPORT_ERROR = error
    _AuthBase = object

VERSION = "0.1.0"
ERROR_TYPES = {401: Unauthorized, 403: Forbidden, 404: NotFound, 429: RateLimited}


@dataclass(frozen=True)
class Vendor:
    """Whom a transport speaks to.

    :arg name: okta, kandji or scep; it names the calls in results and in errors.
    :arg explain: reads error bodies: (status, headers, parsed body or text) -> Explanation.
    :arg hourly_limit: the vendor's limit of requests per hour; 0 is none.
    """

    name: str
    explain: Callable[[int, Mapping[str, str], t.Any], Explanation]
    hourly_limit: int = 0

    @property
    def title(self) -> str:
        """The vendor as a person calls it."""
        return self.name.upper() if self.name == "scep" else self.name.capitalize()


class Transport:
    """A session to one origin.

    :arg origin: scheme, host and port, as ``check_origin`` returns it.
    :arg auth: authorizes each request.
    """

    def __init__(
        self, vendor: Vendor, origin: str, auth: Auth, settings: Settings, masker: Masker
    ) -> None:
        self.vendor, self._title, self.origin = vendor.name, vendor.title, origin
        self.settings, self.masker = settings, masker
        self.calls: dict[tuple[str, str], int] = {}
        self._explain, self._auth = vendor.explain, auth
        self._first_date: float | None = None
        self._last_date: float | None = None
        self._pacer = Pacer(settings.capacity_percent, vendor.hourly_limit, self._sleep)
        self._counting = threading.Lock()  # several threads send
        self._session = requests.Session()
        self._session.headers.update(
            {"User-Agent": f"devicetrust.okta_kandji/{VERSION}", "Accept": "application/json"}
        )

    def now(self) -> float:
        """Return seconds since the epoch by the vendor's clock, by ours before its first answer."""
        return self._last_date if self._last_date is not None else time.time()

    def started(self) -> float:
        """Return the time of the vendor's first answer in this run, by its own clock."""
        return self._first_date if self._first_date is not None else time.time()

    def call(
        self,
        operation: Operation,
        path: Mapping[str, str] | None = None,
        *,
        query: Query | None = None,
        json: t.Any = None,
    ) -> Answer:
        """Send a request of the usual kind and return its answer, as ``send`` does."""
        return self.send(operation, Request(path or {}, query, json))

    def send(self, operation: Operation, request: Request) -> Answer:
        """Send one request and return its answer. Raises the types of ``errors``.

        What is safe to repeat is retried. The wait is the one that the vendor asks for, if any.
        """
        self._check_allowed(operation)
        auth, renewed = request.auth or self._auth, False
        url = self.origin + operation.expand_path(request.path)
        settings = self.settings
        attempts = Attempts(settings.retries, request.max_transport_retries, settings.chance)
        while True:
            self._pace(operation)
            added = auth.headers(self, operation.verb, url)
            try:
                response = self._exchange(operation, url, request, added)
            except Unreachable as error:
                never_sent = error.details.get("never_sent")
                if attempts.transport_exhausted or not (operation.may_repeat or never_sent):
                    raise self._lost(operation, error) from None
                self._sleep(attempts.backoff(), f"to send {operation.name} again")
                attempts.retries += 1
                continue
            auth.on_response(response.status_code, response.headers)
            if response.status_code == 401 and not renewed:
                # A 401 was not carried out, therefore even a write may be sent again.
                renewed = not _is_page(response) and auth.on_unauthorized(
                    added, self._explained(response), response.headers
                )
                if renewed:
                    continue
            if not self._wait_to_retry(operation, response, attempts):
                return self._read(operation, response, request.raw, auth)
            attempts.retries += 1

    # Before it is sent

    def _check_allowed(self, operation: Operation) -> None:
        """Raise if this run must not send the operation."""
        if operation.writes and self.settings.check_mode:
            raise WriteInCheckMode(
                f"{operation.name} writes and was called in check mode. Please report this.",
                operation=operation.name,
            )
        uses = self.settings.uses
        if uses is not None and self.vendor != "scep" and operation not in uses:
            raise DeviceTrustError(
                f"{operation.name} was called and is not declared by this module. Please report"
                " this.",
                operation=operation.name,
            )

    def _pace(self, operation: Operation) -> None:
        """Wait before the run takes more than its share of the rate limit.

        Raises RateLimited if it has used its share of the hourly limit.
        """
        self._pacer.wait_for_share(operation.name, self.now())
        share = self._pacer.hourly_share
        with self._counting:
            sent = sum(self.calls.values())
        if share and sent >= share:
            raise RateLimited(
                f"This run has used its share of {self.vendor}'s hourly limit ({share} of"
                f" {self._pacer.hourly_limit} calls). Run again later, or raise capacity_percent.",
                vendor=self.vendor,
                operation=operation.name,
            )

    # One attempt

    def _exchange(
        self, operation: Operation, url: str, request: Request, added: Mapping[str, str]
    ) -> requests.Response:
        """Send one attempt and return its response. Raises Unreachable, NotTrusted, BadOption."""
        key = (operation.name, operation.verb)
        with self._counting:
            count = self.calls[key] = self.calls.get(key, 0) + 1
        plural = "" if count == 1 else "s"
        self.settings.report(f"{self._title}: {operation.name}, {count:,} request{plural}")
        try:
            response = self._session.request(
                operation.verb,
                url,
                params=request.query,
                json=request.json,
                data=request.body,
                files=request.files,
                headers=request.headers,
                timeout=self.settings.timeout,
                allow_redirects=False,
                verify=self.settings.ca_path or True,
                auth=_Authorization(added),
            )
        except requests.exceptions.SSLError as error:
            raise self._tls_error(operation, error) from None
        except requests.exceptions.RequestException as error:
            raise self._connection_error(operation, error) from None
        except OSError as error:  # requests finds only now that ca_path does not exist
            raise BadOption(self.masker.text(f"ca_path or network settings: {error}.")) from None
        self._learn(operation, response.headers)
        return response

    def _learn(self, operation: Operation, headers: Mapping[str, str]) -> None:
        """Take note of the vendor's clock and of its rate limit."""
        try:
            self._last_date = parsedate_to_datetime(headers["Date"]).timestamp()
        except (KeyError, ValueError, TypeError):
            return
        self._first_date = self._first_date or self._last_date
        self._pacer.learn(operation.name, headers, self._last_date)

    def _tls_error(
        self, operation: Operation, error: requests.exceptions.SSLError
    ) -> DeviceTrustError:
        text = repr(error)
        if "NO_CERTIFICATE_OR_CRL_FOUND" in text:
            return BadOption(f"ca_path: {self.settings.ca_path} holds no certificate.")
        if "CERTIFICATE_VERIFY_FAILED" not in text and "doesn't match" not in text:
            # It may have broken after the request was sent: a write may have been carried out.
            return self._unreachable(operation, f"the TLS connection failed ({_reason(error)})")
        return NotTrusted(
            self.masker.text(
                f"The TLS certificate of {self.origin} cannot be verified ({_reason(error)}). If"
                " its CA is a private one, set ca_path."
            ),
            vendor=self.vendor,
            operation=operation.name,
        )

    def _connection_error(
        self, operation: Operation, error: requests.exceptions.RequestException
    ) -> Unreachable:
        seconds = f"{self.settings.timeout:g} s"
        if isinstance(error, requests.exceptions.ConnectTimeout):
            return self._unreachable(operation, f"no connection within {seconds}", True)
        if isinstance(error, requests.exceptions.Timeout):
            return self._unreachable(operation, f"no answer within {seconds}")
        text = repr(error)
        never_sent = "NewConnectionError" in text or "NameResolution" in text
        return self._unreachable(operation, _reason(error), never_sent)

    def _unreachable(
        self, operation: Operation, reason: str, never_sent: bool = False
    ) -> Unreachable:
        return Unreachable(
            self.masker.text(f"{self.origin} ({operation.name}) cannot be reached: {reason}."),
            vendor=self.vendor,
            never_sent=never_sent or None,
        )

    def _lost(self, operation: Operation, error: Unreachable) -> DeviceTrustError:
        """Return the error of a request without answer: Uncertain if it may have written."""
        if not operation.writes or error.details.get("never_sent"):
            return error
        return Uncertain(
            f"{error.message} {_uncertain(operation)}", vendor=self.vendor, operation=operation.name
        )

    def _wait_to_retry(
        self, operation: Operation, response: requests.Response, attempts: Attempts
    ) -> bool:
        """Wait if the request is to be sent again, and return whether it is."""
        status = response.status_code
        if not attempts.may_retry(status, operation.may_repeat):
            return False
        backoff, requested = attempts.backoff(), retry_after(response.headers, self.now())
        if requested is None and status == 429:
            requested = reset_wait(response.headers, self.now())
        self._wait(operation, status, max(backoff, requested or 0))
        return True

    def _wait(self, operation: Operation, status: int, seconds: float) -> None:
        """Wait as the vendor asks. Raises RateLimited if that is too long."""
        if seconds > MAX_WAIT:
            raise RateLimited(
                f"{self.vendor} asks to wait {seconds:.0f} s before the next {operation.name}. Run"
                " again later.",
                vendor=self.vendor,
                operation=operation.name,
                status=status,
            )
        reason = "for the rate limit" if status == 429 else f"after an answer {status}"
        self._pacer.wait(operation.name, seconds, reason)

    def _sleep(self, seconds: float, reason: str) -> None:
        """Wait, and report for what."""
        self.settings.report(f"{self._title}: waiting {seconds:.0f} s {reason}")
        self.settings.sleep(seconds)

    # What came back

    def _read(
        self, operation: Operation, response: requests.Response, raw: bool, auth: Auth
    ) -> Answer:
        """Return the answer of a response. Raises the error that it is."""
        status = response.status_code
        if 300 <= status < 400:
            raise Unreadable(
                f"{self.origin} ({operation.name}) answers with a redirect, which is never followed"
                " with a token. Check the URL.",
                vendor=self.vendor,
                operation=operation.name,
                status=status,
            )
        if status >= 400:
            raise self._error(operation, response, auth)
        if raw or not response.content.strip():
            return Answer(status, response.headers, response.content)
        try:
            return Answer(status, response.headers, response.content, response.json())
        except ValueError:
            raise self._unreadable(operation, response) from None

    def _unreadable(self, operation: Operation, response: requests.Response) -> DeviceTrustError:
        """Return the error of an answer that is not JSON: Uncertain if it may have written."""
        status, kind = response.status_code, "something that is not complete JSON"
        if _is_page(response):
            kind = "an HTML page"
        text = (
            f"{self.origin} ({operation.name}) answered {status} with {kind}, not as the API of"
            f" {self.vendor} does. Check the URL, and whether a proxy or gateway is in between."
        )
        details = {"vendor": self.vendor, "operation": operation.name}
        if operation.writes and not 400 <= status < 500:
            return Uncertain(f"{text} {_uncertain(operation)}", status=status, **details)
        return Unreadable(text, status=status, **details)

    def _explained(self, response: requests.Response) -> Explanation:
        try:
            body = response.json()
        except ValueError:
            body = response.text[:500]
        explained = self._explain(response.status_code, response.headers, body)
        return replace(
            explained,
            text=self.masker.foreign_text(explained.text),
            extra=self.masker.foreign_value(explained.extra),
        )

    def _error(
        self, operation: Operation, response: requests.Response, auth: Auth
    ) -> DeviceTrustError:
        """Return the error of a refusal.

        A page is a proxy's, whatever its status: a 403 says nothing of permissions then, and a 404
        nothing of a record. A 429 or 5xx means the same from any sender.
        """
        status = response.status_code
        vendors_own = (429, *RETRY_STATUSES, *operation.html_statuses)
        if _is_page(response) and status not in vendors_own:
            return self._unreadable(operation, response)
        explained = self._explained(response)
        if operation.writes and not operation.repeatable and status in UNCERTAIN_STATUSES:
            return self._lost(
                operation, self._unreachable(operation, f"a gateway answered {status}")
            )
        text = auth.explain(operation, self.origin, status, explained)
        details = {
            "error_code": explained.code,
            "request_id": explained.request_id,
            "error_text": explained.text,
            **explained.extra,
        }
        return ERROR_TYPES.get(status, ApiError)(
            self.masker.text(text or self._refusal(operation, status, explained)),
            vendor=self.vendor,
            operation=operation.name,
            status=status,
            **self.masker.value(details),
        )

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
        return f"{self.vendor} refused {operation.name} with {status}: {explained.text}"


class _Authorization(_AuthBase):  # type: ignore[misc]  # requests may be missing
    """Adds headers as an auth object: a user's .netrc would replace the token otherwise."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


def _is_page(response: requests.Response) -> bool:
    """Return whether the answer is an HTML page."""
    return response.content.lstrip()[:1] == b"<"


def _uncertain(operation: Operation) -> str:
    return (
        f"Whether {operation.name} was carried out is unknown. Run again: the next run reads first."
    )


def _reason(error: Exception) -> str:
    """Return the innermost cause of an exception of requests, in its own words and short."""
    inner: BaseException = error
    for _attempt in range(6):
        deeper = getattr(inner, "reason", None) or next(
            (arg for arg in getattr(inner, "args", ()) if isinstance(arg, Exception)), None
        )
        if not isinstance(deeper, Exception):
            break
        inner = deeper
    text = str(inner)
    return text.rsplit(": ", 1)[-1] if "HTTPSConnection" in text else text[:200]
