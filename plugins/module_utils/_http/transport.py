# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP session to one origin: TLS, retries, pacing, the count of calls, and masked errors.

Everything that this collection sends to a vendor goes through ``Transport.send``. It needs the
library ``requests``.
"""

from __future__ import annotations

import os
import threading
import time
import typing as t
from collections.abc import Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from urllib.request import getproxies

from .._core.errors import DeviceTrustError, Unreachable
from .._core.json_fields import parse_json, parse_shallow
from .._core.masking import Masker
from .._core.text import summarize
from .auth import Auth
from .deadline import DeadlineAdapter
from .error_messages import Failures
from .operations import (
    Answer,
    Exchange,
    Explanation,
    Operation,
    Query,
    Request,
    Vendor,
    Write,
    optional,
)
from .rate_limit import Pacer, reset_wait
from .retry import (
    MAX_WAIT,
    NOT_CARRIED_OUT,
    RATE_LIMITED,
    RETRY_STATUSES,
    Attempts,
    may_be_carried_out,
    may_be_done,
    retry_after,
)
from .transport_settings import Settings
from .urls import check_proxy, passwords_in

try:
    import requests
    import requests.auth
    import requests.exceptions
    import requests.utils

    REQUESTS_IMPORT_ERROR = None
    _AuthBase: t.Any = requests.auth.AuthBase
except ImportError as error:
    REQUESTS_IMPORT_ERROR = error
    _AuthBase = object

VERSION = "0.1.0"
PRODUCT = "devicetrust.okta_kandji"
USER_AGENT = f"{PRODUCT}/{VERSION}"
CHUNK_BYTES = 65536
MAX_WORDS = 500  # characters of a vendor's explanation


def _check_proxy(origin: str) -> None:
    """Raise BadOption if requests to an origin go by a proxy of the environment that is none."""
    proxies = requests.utils.get_environ_proxies(origin)
    proxy = requests.utils.select_proxy(origin, proxies)
    if proxy:
        names = (
            name for name, value in os.environ.items() if value == proxy and "roxy" in name.lower()
        )
        check_proxy(next(names, "The proxy of this host"), proxy)


class Transport:
    """A session to one origin.

    :arg origin: scheme, host and port, as ``parse_origin`` returns it.
    :arg auth: authorizes each request.

    ``may_have_written`` is whether the vendor carried out a write of this run, or may have done.
    ``writes`` are those that are finished.
    """

    def __init__(
        self, vendor: Vendor, origin: str, auth: Auth, settings: Settings, masker: Masker
    ) -> None:
        self.vendor, self.origin = vendor, origin
        self.settings, self.masker = settings, masker
        self.calls: dict[tuple[str, str], int] = {}
        self.may_have_written = False
        self.writes: list[Write] = []
        self._auth, self._failures = auth, Failures(vendor, origin, masker)
        self._first_date: float | None = None
        self._last_date: float | None = None
        self._pacer = Pacer(self._failures, settings.capacity_percent, self._sleep)
        self._counting = threading.Lock()  # several threads send
        # A proxy that refuses may show what it was sent.
        for password in passwords_in(getproxies().values()):
            masker.add(password, ordinary=True)
        _check_proxy(origin)
        self._session = requests.Session()
        adapter = DeadlineAdapter(settings.max_answer_seconds, settings.clock)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, adapter)
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})

    def now(self) -> float:
        """Return seconds since the epoch by the vendor's clock, by ours before its first answer."""
        return self._last_date if self._last_date is not None else time.time()

    def started(self) -> float:
        """Return the time of the vendor's first answer in this run, by its own clock."""
        return self._first_date if self._first_date is not None else time.time()

    def budget(self) -> tuple[int, int | None]:
        """Return how many requests were sent, and how many of its hourly share the run has left.

        The second is None if there is no hourly limit.
        """
        return self._count_sent(), self._pacer.left_of_hour()

    def _count_sent(self) -> int:
        with self._counting:
            return sum(self.calls.values())

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

        An answer that ``Settings.read_once`` has is not asked for again.

        What is safe to repeat is retried, but not an answer that takes too long as a whole. The
        wait is the one that the vendor asks for, if any. The error of a write that an attempt may
        have carried out says so.
        """
        settings = self.settings
        operation = self._declared(operation)
        kept = settings.read_once.find(self.vendor, operation, request)
        if kept is not None:
            return kept
        attempts = Attempts(settings.retries, request.max_transport_retries, settings.chance)
        try:
            answer = self._send(operation, request, attempts)
        except DeviceTrustError as error:
            error.may_be_done = error.may_be_done or attempts.may_have_arrived
            if attempts.may_have_written:
                error.message = self._failures.name_unknown_fate(operation, error)
                self._note_write(operation, request, is_certain=False)
            raise
        if operation.changes_state:
            self._note_write(operation, request, is_certain=True)
        settings.read_once.keep(self.vendor, operation, request, answer)
        return answer

    def _send(self, operation: Operation, request: Request, attempts: Attempts) -> Answer:
        """Send one request as often as ``attempts`` allow, and return its answer."""
        auth, renewed = request.auth or self._auth.for_operation(operation), False
        url = self.origin + operation.expand_path(request.path)
        while True:
            self._pace(operation)
            if operation.writes:
                self.settings.check_run()
            added = auth.headers(self, operation.verb, url)
            try:
                response = self._exchange(operation, url, request, added)
            except Unreachable as error:
                never_sent = error.details.get("never_sent")
                self._note_fate(operation, attempts, not never_sent)
                if (
                    attempts.transport_exhausted
                    or error.details.get("incomplete")
                    or not (operation.may_repeat or never_sent)
                ):
                    raise self._failures.lost(operation, error) from None
                self._sleep(attempts.backoff(), f"to send {operation.name} again")
                attempts.retries += 1
                continue
            self._note_fate(operation, attempts, may_be_done(response.status_code))
            auth.on_response(response.status_code, response.headers)
            if response.status_code == 401 and not renewed:
                # A 401 was not carried out, therefore even a write may be sent again.
                renewed = not _is_page(response) and auth.on_unauthorized(
                    added, self._explained(response), response.headers
                )
                if renewed:
                    continue
            self._check_readable(operation, request, response)
            if not self._wait_to_retry(operation, response, attempts):
                return self._read(operation, response, request.raw, auth)
            self._check_undone(operation, request, response, attempts)
            attempts.retries += 1

    # Before it is sent

    def _declared(self, operation: Operation) -> Operation:
        """Return an operation as the module declares it, optional or not.

        Raises if this run must not send it.
        """
        if operation.writes and self.settings.check_mode:
            raise self._failures.write_in_check_mode(operation)
        uses = self.settings.uses
        if uses is None or not self.vendor.is_declared:
            return operation
        for declared in (operation, *optional(operation)):
            if declared in uses:
                return declared
        raise self._failures.undeclared(operation)

    def _pace(self, operation: Operation) -> None:
        """Wait before the run takes more than its share of a rate limit.

        Raises RateLimited if it has used its share of the hourly limit.
        """
        self._pacer.wait_for_share(operation.name, self.now())
        self._pacer.check_hour(operation, self._count_sent(), self.now())

    # One attempt

    def _exchange(
        self, operation: Operation, url: str, request: Request, added: Mapping[str, str]
    ) -> requests.Response:
        """Send one attempt and return its response. Raises Unreachable, NotTrusted, BadOption.

        Raises Unreadable for a text that cannot be sent.
        """
        key = (operation.name, operation.verb)
        with self._counting:
            count = self.calls[key] = self.calls.get(key, 0) + 1
        plural = "" if count == 1 else "s"
        self.settings.report(f"{self.vendor.title}: {operation.name}, {count:,} request{plural}")
        started = self.settings.clock()
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
                stream=True,
            )
            _read_body(response, self.settings.max_answer_bytes)
        except requests.exceptions.RequestException as error:
            seconds = self.settings.clock() - started
            raise self._no_answer(operation, error, seconds) from None
        except UnicodeEncodeError:
            raise self._failures.unsendable(operation) from None
        except OSError as error:  # requests finds only now that ca_path does not exist
            raise self._failures.bad_settings(error, self.settings.ca_path) from None
        if not _is_page(response):  # a proxy's page has the proxy's clock
            self._learn(operation, response.headers)
        self.settings.observe(
            Exchange(
                self.vendor.name,
                operation.name,
                request.path,
                request.query or {},
                response.status_code,
                response.headers,
                response.content,
            )
        )
        return response

    def _no_answer(self, operation: Operation, error: Exception, seconds: float) -> Exception:
        """Return the error of an attempt without an answer, or without a complete one.

        :arg seconds: how long the attempt took.
        """
        settings, failures = self.settings, self._failures
        if isinstance(error, requests.exceptions.SSLError):
            return failures.bad_tls(operation, error, settings.ca_path)
        if isinstance(error, requests.exceptions.ConnectTimeout):
            reason = f"no connection within {settings.timeout:g} s"
            return failures.unreachable(operation, reason, never_sent=True)
        if seconds >= settings.max_answer_seconds:
            return failures.incomplete(operation, settings.max_answer_seconds)
        if isinstance(error, requests.exceptions.Timeout):
            return failures.unreachable(operation, f"no answer within {settings.timeout:g} s")
        if isinstance(error, requests.exceptions.ProxyError):
            return failures.broken_proxy(operation, error)
        return failures.broken_connection(operation, error)

    def _note_write(self, operation: Operation, request: Request, is_certain: bool) -> None:
        """Take note of a finished write."""
        self.may_have_written = True
        target = dict(request.path)
        self.writes.append(Write(self.vendor.name, operation.name, target, is_certain))

    @staticmethod
    def _note_fate(operation: Operation, attempts: Attempts, may_be_done: bool) -> None:
        """Take note of an attempt that the vendor may have carried out."""
        if operation.writes and may_be_done:
            attempts.may_have_arrived = True
            attempts.may_have_written |= operation.changes_state

    def _learn(self, operation: Operation, headers: Mapping[str, str]) -> None:
        """Take note of the vendor's clock and of its rate limit."""
        try:
            self._last_date = parsedate_to_datetime(headers["Date"]).timestamp()
        except (KeyError, ValueError, TypeError):
            return
        self._first_date = self._first_date or self._last_date
        self._pacer.learn(operation.name, headers, self._last_date)

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

    def _check_readable(
        self, operation: Operation, request: Request, response: requests.Response
    ) -> None:
        """Raise Uncertain at once after a 429 if no read can show whether a write is done."""
        if self._may_be_done_twice(operation, response) and request.is_undone is None:
            explained = self._explained(response)
            raise self._failures.uncertain(operation, response.status_code, explained)

    @staticmethod
    def _may_be_done_twice(operation: Operation, response: requests.Response) -> bool:
        """Return whether a repetition after this answer may do a write for a second time."""
        return response.status_code == RATE_LIMITED and not operation.may_repeat

    def _check_undone(
        self,
        operation: Operation,
        request: Request,
        response: requests.Response,
        attempts: Attempts,
    ) -> None:
        """Raise Uncertain if a write that must not be done twice may be done, in spite of a 429.

        Of one that may be sent again, only take note whether it is done.
        """
        if response.status_code != RATE_LIMITED:
            return
        if request.is_undone is not None and request.is_undone():
            attempts.may_have_arrived = attempts.may_have_written = False
        elif self._may_be_done_twice(operation, response):
            explained = self._explained(response)
            raise self._failures.uncertain(operation, response.status_code, explained)

    def _wait(self, operation: Operation, status: int, seconds: float) -> None:
        """Wait as the vendor asks. Raises RateLimited if that is too long."""
        if seconds > MAX_WAIT:
            raise self._failures.wait_too_long(operation, status, seconds)
        reason = "for the rate limit" if status == 429 else f"after an answer {status}"
        self._pacer.wait(operation.name, seconds, reason)

    def _sleep(self, seconds: float, reason: str) -> None:
        """Wait, and report for what."""
        self.settings.wait(seconds, f"{self.vendor.title}: waiting {reason}")

    # What came back

    def _read(
        self, operation: Operation, response: requests.Response, raw: bool, auth: Auth
    ) -> Answer:
        """Return the answer of a response. Raises the error that it is."""
        status = response.status_code
        if 300 <= status < 400:
            raise self._failures.redirect(operation, status)
        if status < 200:
            raise self._failures.unreadable(operation, status, is_page=False)
        if status >= 400:
            raise self._error(operation, response, auth)
        if len(response.content) > self.settings.max_answer_bytes:
            raise self._failures.too_large(operation, status, self.settings.max_answer_bytes)
        if raw or not response.content.strip():
            return Answer(status, response.headers, response.content)
        try:
            body = parse_json(response.content)
        except ValueError:
            raise self._failures.unreadable(operation, status, _is_page(response)) from None
        return Answer(status, response.headers, response.content, body)

    def _explained(self, response: requests.Response) -> Explanation:
        # Masked before it is shortened: the rest of a secret that is cut would not be recognized.
        try:
            body = self.masker.foreign_value(parse_shallow(response.content))
        except ValueError:
            body = self.masker.foreign_text(response.content.decode("utf-8", "replace"))
        explained = self.vendor.explain(response.status_code, response.headers, body)
        return replace(
            explained,
            text=_summary(self.masker.foreign_text(explained.text)),
            code=_summary(explained.code),
            request_id=_summary(explained.request_id),
            extra=self.masker.foreign_value(explained.extra),
        )

    def _error(self, operation: Operation, response: requests.Response, auth: Auth) -> Exception:
        """Return the error of a refusal.

        A page is a proxy's, whatever its status: a 403 says nothing of permissions then, and a 404
        nothing of a record. A 409, 423, 429 or 5xx means the same from any sender.
        """
        status, failures = response.status_code, self._failures
        vendors_own = (*NOT_CARRIED_OUT, *RETRY_STATUSES, *operation.html_statuses)
        if _is_page(response) and status not in vendors_own:
            return failures.unreadable(operation, status, is_page=True)
        explained = self._explained(response)
        if operation.changes_state and may_be_carried_out(status):
            return failures.uncertain(operation, status, explained)
        text = auth.explain(operation, self.origin, status, explained)
        return failures.refused(operation, status, explained, text)


def api_calls(*transports: Transport | None) -> list[dict[str, str | int]]:
    """Return the requests sent, by vendor, operation and verb: {vendor, operation, verb, count}."""
    return [
        {"vendor": transport.vendor.name, "operation": name, "verb": verb, "count": count}
        for transport in transports
        if transport is not None
        for (name, verb), count in sorted(transport.calls.items())
    ]


class _Authorization(_AuthBase):  # type: ignore[misc]  # requests may be missing
    """Adds headers as an auth object: a user's .netrc would replace the token otherwise."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


def _read_body(response: requests.Response, max_bytes: int) -> None:
    """Read the body, and no more than a chunk after ``max_bytes``: a longer one is not of use."""
    body = bytearray()
    for chunk in response.iter_content(CHUNK_BYTES):
        body += chunk
        if len(body) > max_bytes:
            response.close()
            break
    response._content = bytes(body)  # where ``content``, ``text`` and ``json`` look for it


def _summary(text: str) -> str:
    """Return a vendor's words as messages show them: printable, in one line, and short."""
    return summarize(text, MAX_WORDS)


def _is_page(response: requests.Response) -> bool:
    """Return whether the answer is an HTML page."""
    return response.content.lstrip()[:1] == b"<"
