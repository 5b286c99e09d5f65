# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP session to one origin:

TLS, retries, pacing, the count of calls, and no word of a secret.

Everything that this collection says to a vendor goes through ``Transport.call``. It needs the
library ``requests``.
"""

from __future__ import annotations

import ipaddress
import random
import threading
import time
import typing as t
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, quote, urlsplit

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

try:
    import requests
    import requests.auth
    import requests.exceptions

    REQUESTS_IMPORT_ERROR = None
except ImportError as error:
    REQUESTS_IMPORT_ERROR = error

VERSION = "0.1.0"
REPEAT_STATUSES = (500, 502, 503, 504)
LONGEST_WAIT = 300.0
AT_ONCE = 40  # serials or ids in one query, by the length of a URL


@dataclass(frozen=True)
class Operation:
    """A documented operation of a vendor.

    ``path`` may hold ``{placeholders}``. ``writes`` is what check mode goes by: a token request is
    a POST that reads. ``repeatable`` says that sending it twice does no more than sending it once.
    ``permission`` is the scope, or the entry in the token's permissions, that it takes. ``bucket``
    names the rate limit that it counts against.
    """

    name: str
    verb: str
    path: str
    permission: str = ""
    writes: bool = False
    repeatable: bool = False
    bucket: str = ""

    @property
    def may_repeat(self) -> bool:
        return self.repeatable or not self.writes


@dataclass
class Answer:
    """An answer that was not an error.

    ``json`` is None where the body was empty or bytes were asked for.
    """

    status: int
    headers: t.Mapping[str, str]
    content: bytes = b""
    json: t.Any = None


@dataclass
class Settings:
    """How to behave towards vendors. Times in seconds."""

    ca_path: str | None = None
    timeout: float = 30.0
    retries: int = 5
    capacity_percent: int = 50
    check_mode: bool = False
    uses: tuple[Operation, ...] | None = (
        None  # the only operations that may be sent; None is for tests of the clients themselves
    )
    sleep: t.Callable[[float], None] = time.sleep
    chance: t.Callable[[], float] = random.random


@dataclass
class Window:
    """What is known of one rate limit: the vendor's own numbers, in the vendor's own clock."""

    limit: int
    remaining: int
    wait: float

    def must_wait(self, capacity_percent: int) -> bool:
        return self.limit > 0 and self.limit - self.remaining >= max(
            1, self.limit * capacity_percent // 100
        )


@dataclass
class Explanation:
    """A vendor's error body, read: its code, its words, the id to quote to the vendor's support."""

    text: str
    code: str = ""
    request_id: str = ""
    extra: dict[str, t.Any] = field(default_factory=dict)


def is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def check_origin(option: str, url: str) -> str:
    """The origin (scheme, host, port) of a URL that an option gave, without a trailing slash;

    raises BadOption.
    """
    parts = urlsplit(url if "//" in url else f"https://{url}")
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise BadOption(f"{option}: the port in {url!r} is not a number.") from None
    if not parts.hostname:
        raise BadOption(f"{option}: {url!r} is not a URL; give it as https://host.")
    if parts.username or parts.password:
        raise BadOption(
            f"{option}: the URL holds a user name or password; give the token by its own option."
        )
    if parts.scheme != "https" and not is_loopback(parts.hostname):
        raise BadOption(
            f"{option}: {url!r} is not https, and a token is only sent over https; use"
            f" https://{parts.hostname}{port}."
        )
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise BadOption(
            f"{option}: give the host alone, without path or query:"
            f" {parts.scheme}://{parts.hostname}{port}."
        )
    return f"{parts.scheme}://{parts.hostname}{port}"


def next_query(link: str) -> dict[str, str]:
    """The query of a page link.

    Only the query: the link's host may be another one, where the token must not go.
    """
    return dict(parse_qsl(urlsplit(link).query, keep_blank_values=True))


def batches(values: t.Sequence[str], size: int = AT_ONCE) -> list[list[str]]:
    """Values in so many queries that each fits a URL."""
    return [list(values[start : start + size]) for start in range(0, len(values), size)]


class SignIn:
    """How a transport's requests are authorized.

    This one adds nothing, as SCEP wants it; the others are built on it.
    """

    def headers(self, transport: Transport, verb: str, url: str) -> dict[str, str]:
        """What to add to one request; asked anew for every try. ``url`` is without its query."""
        return {}

    def learn(self, status: int, headers: t.Mapping[str, str]) -> None:
        """Take note of what an answer said."""

    def renew(
        self, sent: t.Mapping[str, str], explained: Explanation, headers: t.Mapping[str, str]
    ) -> bool:
        """Whether a request that was refused with 401 may be sent once more, since the next
        ``headers`` will be better than ``sent``.
        """
        return False

    def explain(
        self, operation: Operation, origin: str, status: int, explained: Explanation
    ) -> str | None:
        """A sentence for a refusal that has to do with the sign-in, or None for the transport's
        own.
        """
        return None


class Token(SignIn):
    """A token that was given, as it is."""

    def __init__(self, scheme: str, token: str) -> None:
        self._value = f"{scheme} {token}"

    def headers(self, transport: Transport, verb: str, url: str) -> dict[str, str]:
        if not self._value.isascii() or not self._value.isprintable():
            raise BadOption(
                f"The API token for {transport.origin} holds a line break or another character that"
                " is never in a token; copy it again."
            )
        return {"Authorization": self._value}


class Transport:
    """Speaks to one origin.

    :arg vendor: okta, kandji or scep; it names the calls in ``calls`` and in errors.
    :arg origin: scheme, host and port, as ``check_origin`` returns it.
    :arg sign_in: what authorizes each request.
    :arg explain: reads the vendor's error bodies: (status, headers, parsed body or text) ->
        Explanation.
    """

    def __init__(
        self,
        vendor: str,
        origin: str,
        sign_in: SignIn,
        settings: Settings,
        masker: Masker,
        explain: t.Callable[[int, t.Mapping[str, str], t.Any], Explanation],
        hourly_limit: int = 0,
    ) -> None:
        self.vendor, self.origin, self.settings, self.masker, self._explain = (
            vendor,
            origin,
            settings,
            masker,
            explain,
        )
        self._sign_in = sign_in
        self.calls: dict[tuple[str, str], int] = {}
        self.first_date: float | None = None
        self.last_date: float | None = None
        self._hourly_limit = hourly_limit
        self._windows: dict[str, Window] = {}
        self._counting = threading.Lock()  # calls are sent from several threads
        self._pacing = threading.Lock()  # while one thread holds back, the others do too
        self._session = requests.Session()
        self._session.headers.update(
            {"User-Agent": f"devicetrust.okta_kandji/{VERSION}", "Accept": "application/json"}
        )

    def now(self) -> float:
        """Seconds since the epoch by the vendor's clock;

        by ours as long as the vendor has not spoken.
        """
        return self.last_date if self.last_date is not None else time.time()

    def started(self) -> float:
        """The time of the vendor's first answer in this run, by its own clock."""
        return self.first_date if self.first_date is not None else time.time()

    def call(
        self,
        operation: Operation,
        path: t.Mapping[str, str] | None = None,
        query: t.Mapping[str, t.Any] | None = None,
        json: t.Any = None,
        form: t.Any = None,
        files: t.Any = None,
        content: bytes | None = None,
        headers: t.Mapping[str, str] | None = None,
        raw: bool = False,
        sign_in: SignIn | None = None,
        patience: int | None = None,
    ) -> Answer:
        """Send one request and return its answer; raises the types of ``_errors``.

        ``form`` may be a function, for what must differ at each try. ``sign_in`` stands in for the
        transport's own. ``raw`` returns the bytes unparsed. ``patience`` is how often less than
        ``retries`` a request is repeated that got no answer or a gateway's error, for whoever can
        ask for less instead. What is safe to repeat is repeated, with full jitter; a 429 waits as
        the vendor says.
        """
        if operation.writes and self.settings.check_mode:
            raise WriteInCheckMode(
                f"{operation.name} writes and was called in check mode; please report this.",
                operation=operation.name,
            )
        if (
            self.settings.uses is not None
            and self.vendor != "scep"
            and operation not in self.settings.uses
        ):
            raise DeviceTrustError(
                f"{operation.name} was called and is not declared by this module; please report"
                " this.",
                operation=operation.name,
            )
        sign_in, renewed = sign_in or self._sign_in, False
        url = self.origin + operation.path.format(
            **{name: quote(str(value), safe="") for name, value in (path or {}).items()}
        )
        arguments = {
            "params": query,
            "json": json,
            "data": content if content is not None else form,
            "files": files,
            "headers": headers,
        }
        attempt = 0
        while True:
            last = attempt >= self.settings.retries
            tired = last or (patience is not None and attempt >= patience)
            self._pace(operation)
            added = sign_in.headers(self, operation.verb, url)
            try:
                response = self._send(operation, url, arguments, added)
            except Unreachable as error:
                if tired or not (operation.may_repeat or error.details.get("never_sent")):
                    raise self._lost(operation, error) from None
                self._back_off(attempt)
                attempt += 1
                continue
            sign_in.learn(response.status_code, response.headers)
            if (
                response.status_code == 401
                and not renewed
                and sign_in.renew(added, self._explained(response), response.headers)
            ):
                renewed = True  # a 401 was not carried out, so that even a write may be sent again
                continue
            if response.status_code == 429 and not last:
                self._wait(self._asked_wait(response, attempt), operation)
            elif response.status_code in REPEAT_STATUSES and operation.may_repeat and not tired:
                self._back_off(attempt)
            else:
                return self._read(operation, response, raw, sign_in)
            attempt += 1

    def _send(
        self,
        operation: Operation,
        url: str,
        given: t.Mapping[str, t.Any],
        added: t.Mapping[str, str],
    ) -> t.Any:
        arguments = {**given, "data": given["data"]() if callable(given["data"]) else given["data"]}
        key = (operation.name, operation.verb)
        with self._counting:
            self.calls[key] = self.calls.get(key, 0) + 1
        where = f"{self.origin} ({operation.name})"
        try:
            response = self._session.request(
                operation.verb,
                url,
                timeout=self.settings.timeout,
                allow_redirects=False,
                verify=self.settings.ca_path or True,
                auth=_Authorization(added),
                **arguments,
            )
        except requests.exceptions.SSLError as error:
            if "NO_CERTIFICATE_OR_CRL_FOUND" in repr(error):
                raise BadOption(f"ca_path: {self.settings.ca_path} holds no certificate.") from None
            if "CERTIFICATE_VERIFY_FAILED" not in repr(error) and "doesn't match" not in repr(
                error
            ):
                # It may have broken after the request went out, so that a write may have been done.
                raise self._unreachable(
                    where, f"the TLS connection failed ({_reason(error)})"
                ) from None
            raise NotTrusted(
                self.masker.text(
                    f"The TLS certificate of {self.origin} cannot be verified ({_reason(error)});"
                    " give its CA by ca_path if it is a private one."
                ),
                vendor=self.vendor,
                operation=operation.name,
            ) from None
        except requests.exceptions.ConnectTimeout:
            raise self._unreachable(
                where, f"no connection within {self.settings.timeout:g} s", never_sent=True
            ) from None
        except requests.exceptions.Timeout:
            raise self._unreachable(
                where, f"no answer within {self.settings.timeout:g} s"
            ) from None
        except requests.exceptions.RequestException as error:
            reason = _reason(error)
            raise self._unreachable(
                where,
                reason,
                never_sent="NewConnectionError" in repr(error) or "NameResolution" in repr(error),
            ) from None
        except OSError as error:  # a ca_path that is not there is found by requests only now
            raise BadOption(self.masker.text(f"ca_path or network settings: {error}.")) from None
        self._learn(operation, response)
        return response

    def _unreachable(self, where: str, reason: str, never_sent: bool = False) -> Unreachable:
        return Unreachable(
            self.masker.text(f"{where} cannot be reached: {reason}."),
            vendor=self.vendor,
            never_sent=never_sent or None,
        )

    def _lost(self, operation: Operation, error: Unreachable) -> Exception:
        if not operation.writes or error.details.get("never_sent"):
            return error
        return Uncertain(
            f"{error.message} Whether {operation.name} was carried out is not known; run again, the"
            " next run reads first.",
            vendor=self.vendor,
            operation=operation.name,
        )

    def _learn(self, operation: Operation, response: t.Any) -> None:
        headers = response.headers
        try:
            self.last_date = parsedate_to_datetime(headers["Date"]).timestamp()
            self.first_date = self.first_date or self.last_date
            limit, remaining = (
                int(headers["X-Rate-Limit-Limit"]),
                int(headers["X-Rate-Limit-Remaining"]),
            )
            wait = float(headers["X-Rate-Limit-Reset"]) - self.last_date + 1
        except (KeyError, ValueError, TypeError):
            return
        if limit > 0:
            self._windows[operation.bucket] = Window(
                limit, remaining, min(max(wait, 1.0), LONGEST_WAIT)
            )

    def _pace(self, operation: Operation) -> None:
        """Hold back before the run takes more than its share of the bucket."""
        with self._pacing:
            window = self._windows.get(operation.bucket)
            if window and window.must_wait(self.settings.capacity_percent):
                self._windows.pop(operation.bucket, None)
                self.settings.sleep(window.wait)
        share = (
            max(1, self._hourly_limit * self.settings.capacity_percent // 100)
            if self._hourly_limit
            else 0
        )
        with self._counting:
            sent = sum(self.calls.values())
        if share and sent >= share:
            raise RateLimited(
                f"This run has used its share of {self.vendor}'s hourly limit ({share} of"
                f" {self._hourly_limit} calls); run again later, or raise capacity_percent.",
                vendor=self.vendor,
                operation=operation.name,
            )

    def _asked_wait(self, response: t.Any, attempt: int) -> float:
        """What a 429 asks for:

        Retry-After, else the reset of the bucket in the vendor's clock, else our own back-off.
        """
        headers = response.headers
        asked = self._retry_after(headers.get("Retry-After", ""))
        if asked is not None:
            return asked
        try:
            if int(headers["X-Rate-Limit-Limit"]) > 0:
                return max(
                    1.0, float(headers["X-Rate-Limit-Reset"]) - (self.last_date or time.time()) + 1
                )
        except (KeyError, ValueError):
            pass
        return self._jitter(attempt)

    def _retry_after(self, text: str) -> float | None:
        """Retry-After in seconds: it is a number, or a date in the vendor's clock."""
        try:
            return max(0.0, float(text))
        except ValueError:
            pass
        try:
            return max(
                0.0, parsedate_to_datetime(text).timestamp() - (self.last_date or time.time())
            )
        except (ValueError, TypeError, IndexError):
            return None

    def _wait(self, seconds: float, operation: Operation) -> None:
        if seconds > LONGEST_WAIT:
            raise RateLimited(
                f"{self.vendor} asks to wait {seconds:.0f} s before the next {operation.name}; run"
                " again later.",
                vendor=self.vendor,
                operation=operation.name,
                status=429,
            )
        with self._pacing:
            self._windows.pop(operation.bucket, None)
            self.settings.sleep(seconds)

    def _back_off(self, attempt: int) -> None:
        self.settings.sleep(self._jitter(attempt))

    def _jitter(self, attempt: int) -> float:
        return self.settings.chance() * min(30.0, 0.5 * 2**attempt)

    def _read(self, operation: Operation, response: t.Any, raw: bool, sign_in: SignIn) -> Answer:
        if 300 <= response.status_code < 400:
            raise Unreadable(
                f"{self.origin} ({operation.name}) answers with a redirect, which is never followed"
                " with a token; check the URL.",
                vendor=self.vendor,
                operation=operation.name,
                status=response.status_code,
            )
        if response.status_code >= 400:
            raise self._error(operation, response, sign_in)
        answer = Answer(response.status_code, response.headers, response.content)
        if raw or not response.content.strip():
            return answer
        try:
            answer.json = response.json()
        except ValueError:
            kind = (
                "HTML"
                if response.content.lstrip()[:1] == b"<"
                else "something that is not complete JSON"
            )
            text = (
                f"{self.origin} ({operation.name}) answered with {kind}; is a proxy or gateway in"
                " between?"
            )
            details = {
                "vendor": self.vendor,
                "operation": operation.name,
                "status": response.status_code,
            }
            if operation.writes:
                raise Uncertain(
                    f"{text} Whether it was carried out is not known; run again, the next run reads"
                    " first.",
                    **details,
                ) from None
            raise Unreadable(text, **details) from None
        return answer

    def _explained(self, response: t.Any) -> Explanation:
        try:
            body = response.json()
        except ValueError:
            body = response.text[:500]
        return self._explain(response.status_code, response.headers, body)

    def _error(self, operation: Operation, response: t.Any, sign_in: SignIn) -> ApiError:
        explained = self._explained(response)
        if operation.writes and not operation.repeatable and response.status_code in (502, 504):
            raise self._lost(
                operation,
                self._unreachable(
                    f"{self.origin} ({operation.name})",
                    f"a gateway answered {response.status_code}",
                ),
            )
        types = {401: Unauthorized, 403: Forbidden, 404: NotFound, 429: RateLimited}
        error_type = types.get(response.status_code, ApiError)
        text = (
            f"{self.vendor} refused {operation.name} with {response.status_code}: {explained.text}"
        )
        special = sign_in.explain(operation, self.origin, response.status_code, explained)
        if special:
            text = special
        elif error_type is Unauthorized:
            text = (
                f"The token for {self.origin} is not accepted (401"
                f" {explained.code or explained.text}); check that it is whole, not expired and of"
                " this tenant."
            )
        elif error_type is Forbidden and operation.permission:
            text = (
                f"The token for {self.origin} lacks a permission: {operation.name} needs"
                f" {operation.permission!r} (403 {explained.code or explained.text})."
            )
        details = {
            "error_code": explained.code,
            "request_id": explained.request_id,
            "error_text": explained.text,
            **explained.extra,
        }
        return error_type(
            self.masker.text(text),
            vendor=self.vendor,
            operation=operation.name,
            status=response.status_code,
            **self.masker.value(details),
        )


class _Authorization(requests.auth.AuthBase if REQUESTS_IMPORT_ERROR is None else object):
    """An auth object and not headers: a .netrc of the user would otherwise replace the token."""

    def __init__(self, headers: t.Mapping[str, str]) -> None:
        self._headers = headers

    def __call__(self, request: t.Any) -> t.Any:
        request.headers.update(self._headers)
        return request


def _reason(error: Exception) -> str:
    """The innermost cause of a requests exception, in its own words and short."""
    inner: t.Any = error
    for _unused in range(6):
        deeper = getattr(inner, "reason", None) or next(
            (arg for arg in getattr(inner, "args", ()) if isinstance(arg, Exception)), None
        )
        if not isinstance(deeper, Exception):
            break
        inner = deeper
    text = str(inner)
    return text.rsplit(": ", 1)[-1] if "HTTPSConnection" in text else text[:200]


def api_calls(*transports: Transport | None) -> list[dict[str, t.Any]]:
    """The calls made, by vendor, operation and verb: [{vendor, operation, verb, count}]."""
    return [
        {"vendor": transport.vendor, "operation": name, "verb": verb, "count": count}
        for transport in transports
        if transport is not None
        for (name, verb), count in sorted(transport.calls.items())
    ]
