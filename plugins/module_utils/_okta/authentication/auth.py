# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authentication at an Okta org: an API token, an OAuth access token, or a service app's key.

A service app's key needs the libraries ``PyJWT`` and ``cryptography``.
"""

from __future__ import annotations

import os
import threading
import time
import typing as t
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from email.utils import parsedate_to_datetime

from ..._core.errors import TRY_AGAIN, ApiError, BadOption, Unreadable
from ..._core.masking import Masker
from ..._core.options import ArgumentSpec, Params
from ..._http.auth import Auth, Token
from ..._http.operations import Explanation, Operation, Request
from ..._http.transport import Transport
from .credentials import check_okta_token
from .dpop import DpopSigner
from .private_key import Key, read_key

# OAuth 2.0 token operation of the org authorization server. It is a POST that reads.
TOKEN = Operation("token", "POST", "/oauth2/v1/token")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 300
# Seconds before its expiry, at most a tenth of its life, at which a token is not used any more.
RENEW_BEFORE = 60.0
DEFAULT_LIFETIME = 3600.0  # seconds; what Okta documents for an access token
CLOCK_TOLERANCE = 30.0  # seconds
FEATURE_MISSING = "E0000015"
INSUFFICIENT_SCOPE = "insufficient_scope"

API_TOKEN, ACCESS_TOKEN, SERVICE_APP = "API token", "access token", "service app"
# Authentication method -> the options that it needs. The names are those of options.OKTA.
AUTH_METHODS = {
    API_TOKEN: ("okta_api_token",),
    ACCESS_TOKEN: ("okta_access_token",),
    SERVICE_APP: ("okta_client_id", "okta_private_key"),
}


def select_auth_method(params: Params, table: ArgumentSpec, environment: Mapping[str, str]) -> str:
    """Return the authentication method that the options ask for.

    What an option sets outranks what only the environment sets. Raises BadOption.
    """
    configured = _configured_methods(params)
    explicit = [
        method
        for method, names in configured.items()
        if any(params[name] != environment.get(_variable(table, name)) for name in names)
    ]
    methods = explicit or list(configured)
    if not methods:
        raise BadOption(
            "okta_api_token: no Okta credentials are configured. Set one of these options, or its"
            f" environment variable: {_describe_methods(table)}."
        )
    first = methods[0]
    if len(methods) > 1:
        names = ", ".join(configured[method][0] for method in methods)
        raise BadOption(
            f"{configured[first][0]}: several kinds of Okta credentials are configured ({names})."
            " Set one of them."
        )
    missing = [name for name in AUTH_METHODS[first] if not params[name]]
    if missing:
        raise BadOption(
            f"{missing[0]}: a service app needs {' and '.join(AUTH_METHODS[first])}. Set the option"
            f" or the environment variable {_variable(table, missing[0])}."
        )
    return first


def has_credentials(params: Params) -> bool:
    """Return whether an option of any authentication method is set."""
    return bool(_configured_methods(params))


def _configured_methods(params: Params) -> dict[str, list[str]]:
    """Return the authentication methods of which options are set, with these options."""
    options = {
        method: [name for name in names if params[name]] for method, names in AUTH_METHODS.items()
    }
    return {method: names for method, names in options.items() if names}


def _variable(table: ArgumentSpec, name: str) -> str:
    """Return the environment variable of an option."""
    return str(table[name]["fallback"][1][0])


def _describe_methods(table: ArgumentSpec) -> str:
    return "; ".join(
        " and ".join(f"{name} ({_variable(table, name)})" for name in names)
        for names in AUTH_METHODS.values()
    )


def make_auth(params: Params, table: ArgumentSpec, masker: Masker, scopes: Sequence[str]) -> Auth:
    """Return the authentication that a module's options ask for.

    :arg scopes: those that the task needs.
    """
    method = select_auth_method(params, table, os.environ)
    for name in ("okta_api_token", "okta_access_token"):
        masker.add(params[name])
    for name in AUTH_METHODS[method]:
        if name.endswith("_token"):
            check_okta_token(name, params[name])
    if method == API_TOKEN:
        return ApiToken(params["okta_api_token"])
    if method == ACCESS_TOKEN:
        return AccessToken(params["okta_access_token"])
    key = read_key(params["okta_private_key"], params["okta_key_id"], masker)
    return ServiceApp(params["okta_client_id"], key, scopes, masker)


class ApiToken(Token):
    """``Authorization: SSWS``. It has the admin roles of the person who made it."""

    def __init__(self, token: str) -> None:
        super().__init__("SSWS", token)

    def explain(
        self, operation: Operation, origin: str, status: int, explained: Explanation
    ) -> str | None:
        """Return what an error of the credentials means, or None if it is not one."""
        if status == 401 and explained.code != FEATURE_MISSING:
            return (
                f"The token for {origin} is not accepted (401 {explained.reason}):"
                " it is incomplete or of another org, was revoked, was not used for 30 days, or"
                " its administrator was deactivated. Create a new one (Security > API > Tokens)."
            )
        if status == 403 and operation.permission:
            return (
                f"The API token for {origin} lacks a permission: {operation.name} needs"
                f" {operation.permission!r} (403 {explained.reason}). Grant"
                " a role with it to the administrator who made the token."
            )
        return _feature(operation, origin, explained)


class AccessToken(Token):
    """An OAuth access token, which cannot be renewed."""

    def __init__(self, token: str) -> None:
        super().__init__("Bearer", token)
        self._worked = False

    def on_response(self, status: int, headers: Mapping[str, str]) -> None:
        """Note what an answer says of the credentials."""
        self._worked = self._worked or status < 400

    def explain(
        self, operation: Operation, origin: str, status: int, explained: Explanation
    ) -> str | None:
        """Return what an error of the credentials means, or None if it is not one."""
        if status == 401 and explained.code != FEATURE_MISSING:
            problem = (
                "expired during this run"
                if self._worked
                else "is not accepted: it has expired, was revoked, or is of another org"
            )
            return (
                f"okta_access_token: the token for {origin} {problem} (401"
                f" {explained.reason}). Get another one and run again."
            )
        if status == 403 and operation.permission:
            if explained.code == INSUFFICIENT_SCOPE:
                return _scope_missing("The access token", operation, origin, explained)
            return (
                f"The access token for {origin} may not call {operation.name} (403"
                f" {explained.reason}): it lacks the scope"
                f" {operation.permission!r}, or the user or app that it was issued to has no admin"
                " role that allows it. Have a super admin grant either."
            )
        return _feature(operation, origin, explained)


def _scope_missing(who: str, operation: Operation, origin: str, explained: Explanation) -> str:
    return (
        f"{who} for {origin} lacks the scope {operation.permission!r}, which {operation.name} needs"
        f" (403 {explained.reason}). Have a super admin grant it on the app's tab"
        " Okta API Scopes."
    )


def _role_missing(who: str, operation: Operation, origin: str, explained: Explanation) -> str:
    return (
        f"{operation.name} at {origin}: the scope {operation.permission!r} is there, and {who} has"
        f" no admin role that allows it (403 {explained.reason}). Have a super"
        " admin assign a standard or custom one on the app's tab Admin roles."
    )


def _feature(operation: Operation, origin: str, explained: Explanation) -> str | None:
    if explained.code != FEATURE_MISSING:
        return None
    return (
        f"{origin} lacks a feature or license that {operation.name} needs (401 {explained.code}:"
        f" {explained.text}). The token is not the reason: have Okta enable the feature."
    )


class _TokenRequest(Auth):
    """Authentication of the token request itself: a DPoP proof at most, and no token."""

    def __init__(self, app: ServiceApp) -> None:
        self._app = app

    def headers(self, transport: Transport, verb: str, url: str) -> dict[str, str]:
        """Return the headers that authenticate a request."""
        return self._app.proof(verb, url)

    def on_response(self, status: int, headers: Mapping[str, str]) -> None:
        """Note what an answer says of the credentials."""
        self._app.on_response(status, headers)

    def explain(
        self, operation: Operation, origin: str, status: int, explained: Explanation
    ) -> str | None:
        """Return what an error of the credentials means, or None if it is not one."""
        return self._app.explain_refusal(origin, status, explained)


class ServiceApp(Auth):
    """An OAuth service app.

    The first call of a task gets the one access token that all of its calls use.

    :arg scopes: those that the task needs; asked for, and named when they are refused.
    """

    def __init__(self, client_id: str, key: Key, scopes: Sequence[str], masker: Masker) -> None:
        self.client_id, self.scopes = client_id.strip(), sorted(set(scopes))
        self._key, self._masker = key, masker
        self._lock = threading.RLock()
        self._skew = 0.0  # the vendor's clock less ours, in seconds
        self._token: str | None = None
        self._token_type = "Bearer"
        self._granted: set[str] = set()
        self._expiry = 0.0
        self._signer: DpopSigner | None = None
        self._nonce: str | None = None
        self._apart: dict[str, ServiceApp] = {}

    def for_operation(self, operation: Operation) -> Auth:
        """Return this app, or for an optional operation the app with a token of its own.

        Okta refuses a token request with one scope that is not granted as a whole, and one without
        any scope: what needs none is then sent without a token.
        """
        scope = operation.permission
        if not scope and not self.scopes:
            return Auth()
        if not operation.optional:
            return self
        with self._lock:
            if scope not in self._apart:
                self._apart[scope] = ServiceApp(self.client_id, self._key, [scope], self._masker)
            return self._apart[scope]

    def now(self) -> float:
        """Return seconds since the epoch by the org's clock."""
        return time.time() + self._skew

    def headers(self, transport: Transport, verb: str, url: str) -> dict[str, str]:
        """Return the headers that authenticate a request."""
        with self._lock:
            if self._token is None or self.now() >= self._expiry:
                self._fetch(transport)
            return {"Authorization": self._authorization(), **self.proof(verb, url, self._token)}

    def _authorization(self) -> str:
        return f"{self._token_type} {self._token}"

    def proof(self, verb: str, url: str, token: str | None = None) -> dict[str, str]:
        """Return the header with the DPoP proof of a request, none if the app needs none."""
        if self._signer is None or (token and self._token_type != "DPoP"):
            return {}
        return {"DPoP": self._signer.sign(verb, url, self.now(), self._nonce, token)}

    def on_response(self, status: int, headers: Mapping[str, str]) -> None:
        """Note what an answer says of the credentials."""
        try:
            self._skew = parsedate_to_datetime(headers["Date"]).timestamp() - time.time()
        except (KeyError, ValueError, TypeError):
            pass  # without the vendor's clock ours is used
        self._nonce = headers.get("dpop-nonce") or self._nonce

    def on_unauthorized(
        self, sent: Mapping[str, str], explained: Explanation, headers: Mapping[str, str]
    ) -> bool:
        """Discard the refused token, unless only the nonce was old.

        A token that another thread has already replaced is kept.
        """
        if explained.code == FEATURE_MISSING:
            return False
        nonce_was_old = "dpop-nonce" in headers and "use_dpop_nonce" in (
            explained.code,
            *headers.get("WWW-Authenticate", "").split('"'),
        )
        with self._lock:
            if not nonce_was_old and sent.get("Authorization") == self._authorization():
                self._token = None
        return True

    def _fetch(self, transport: Transport) -> None:
        """Request a token.

        The request is repeated if the org asks for a proof, a nonce or its own time first.
        """
        skew = self._skew
        tried: set[str] = set()
        while True:
            try:
                body = transport.send(
                    TOKEN, Request(form=self._form(transport), auth=_TokenRequest(self))
                ).json
                break
            except ApiError as refusal:
                remedy = self._remedy(refusal, skew)
                if remedy is None or remedy in tried:
                    raise
                tried.add(remedy)
        if not isinstance(body, dict) or not body.get("access_token"):
            raise Unreadable(
                f"{transport.origin} answered the token request without a token. {TRY_AGAIN}",
                vendor=transport.vendor.name,
                operation=TOKEN.name,
            )
        self._token = str(body["access_token"])
        self._masker.add(self._token)
        self._token_type = "DPoP" if str(body.get("token_type", "")).lower() == "dpop" else "Bearer"
        self._granted = set(str(body.get("scope") or "").split()) or set(
            self.scopes
        )  # where the answer is silent, all were granted
        lifetime = _seconds(body.get("expires_in"))
        self._expiry = self.now() + lifetime - min(RENEW_BEFORE, lifetime / 10)

    def _remedy(self, refusal: ApiError, skew: float) -> str | None:
        """Return what the next token request does better, or None."""
        if refusal.error_code in ("use_dpop_nonce", "invalid_dpop_proof"):
            if self._signer is None:
                self._signer = DpopSigner()
                return "proof"
            return "nonce" if self._nonce else None
        if refusal.error_code == "invalid_client" and abs(self._skew - skew) > CLOCK_TOLERANCE:
            return "clock"
        return None

    def _form(self, transport: Transport) -> Callable[[], dict[str, str]]:
        import jwt

        def form() -> dict[str, str]:
            now = int(self.now())
            claims = {
                "iss": self.client_id,
                "sub": self.client_id,
                "aud": transport.origin + TOKEN.path,
                "iat": now,
                "exp": now + ASSERTION_SECONDS,
                "jti": str(uuid.uuid4()),
            }
            assertion = jwt.encode(
                claims,
                self._key.private,
                algorithm=self._key.algorithm,
                headers={"kid": self._key.key_id} if self._key.key_id else None,
            )
            self._masker.add(assertion)
            return {
                "grant_type": "client_credentials",
                "scope": " ".join(self.scopes),
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": assertion,
            }

        return form

    def explain_refusal(self, origin: str, status: int, explained: Explanation) -> str | None:
        """Return a message for a refused token request, or None."""
        refusal = f"{status} {explained.reason}"
        if explained.code == "invalid_scope":
            return (
                f"{origin} gives the service app {self.client_id} no token with the scopes"
                f" {', '.join(self.scopes)} ({refusal}). Have a super admin grant those that are"
                " missing on the app's tab Okta API Scopes."
            )
        if explained.code in ("invalid_client", "unauthorized_client"):
            return (
                f"{origin} does not accept the service app {self.client_id} ({refusal}:"
                f" {explained.text}). Check okta_client_id, that the app is active, and that"
                " okta_private_key (and okta_key_id) belong to a public key of the app."
            )
        if "dpop" in explained.code:
            return (
                f"{origin} does not accept the proof of possession of the service app"
                f" {self.client_id} ({refusal}: {explained.text})."
            )
        return None

    def explain(
        self, operation: Operation, origin: str, status: int, explained: Explanation
    ) -> str | None:
        """Return what an error of the credentials means, or None if it is not one."""
        who = f"the service app {self.client_id}"
        if status == 401 and explained.code != FEATURE_MISSING:
            return (
                f"{origin} does not accept the access token that it has just given to {who} (401"
                f" {explained.reason}). Check that the app is still active."
            )
        if status == 403 and operation.permission:
            if explained.code == INSUFFICIENT_SCOPE or not self._granted & _covering(
                operation.permission
            ):
                return _scope_missing(f"The access token of {who}", operation, origin, explained)
            return _role_missing(who, operation, origin, explained)
        return _feature(operation, origin, explained)


def _covering(scope: str) -> set[str]:
    """Return the scopes that cover this one: a manage scope covers reading."""
    return {scope, scope.replace(".read", ".manage")}


def _seconds(value: t.Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return DEFAULT_LIFETIME


def scopes_of(operations: Iterable[Operation], check_mode: bool) -> list[str]:
    """Return the Okta scopes that these operations need, in check mode only of those that read.

    Those of optional operations are left out.
    """
    return sorted(
        {
            operation.permission
            for operation in operations
            if operation.permission.startswith("okta.")
            and not operation.optional
            and not (check_mode and operation.writes)
        }
    )
