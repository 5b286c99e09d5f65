# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three ways to sign in to an Okta org:

an API token, a given OAuth access token, or an OAuth service app by its private key.

A service app's key needs the libraries ``PyJWT`` and ``cryptography``.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import os
import threading
import time
import typing as t
import uuid
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from .._core.errors import ApiError, BadOption, Unreadable
from .._core.masking import Masker
from .._http.auth import Auth, Token
from .._http.operations import Explanation, Operation, Request
from .._http.transport import Transport

try:
    import jwt
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    LIBRARIES_MISSING = None
except ImportError as error:
    LIBRARIES_MISSING = error

# OAuth 2.0 token operation of the org authorization server. It is a POST that reads.
TOKEN = Operation("token", "POST", "/oauth2/v1/token", bucket="/oauth2")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 300
# seconds before its end, at most a tenth of its life, at which a token is not used any more
RENEW_BEFORE = 60.0
CLOCK_TOLERANCE = 30.0  # seconds
FEATURE_MISSING = "E0000015"
ALGORITHMS = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
RSA_ALGORITHMS = ("RS256", "RS384", "RS512")
SECRET_OF_JWK = ("d", "p", "q", "dp", "dq", "qi", "k")

# Way -> the options that make it. The names are those of _options.OKTA.
WAYS = {
    "API token": ("okta_api_token",),
    "access token": ("okta_access_token",),
    "service app": ("okta_client_id", "okta_private_key"),
}


def choose_way(
    params: t.Mapping[str, t.Any],
    table: t.Mapping[str, t.Mapping[str, t.Any]],
    environment: t.Mapping[str, str],
) -> str:
    """The way that the options ask for;

    raises BadOption. What was given as an option outranks what only the environment says.
    """

    def variable(name: str) -> str:
        return str(table[name]["fallback"][1][0])

    given = {way: [name for name in names if params[name]] for way, names in WAYS.items()}
    begun = {way: names for way, names in given.items() if names}
    explicit = [
        way
        for way, names in begun.items()
        if any(params[name] != environment.get(variable(name)) for name in names)
    ]
    chosen = explicit or list(begun)
    if not chosen:
        every = "; ".join(
            " and ".join(f"{name} ({variable(name)})" for name in names) for names in WAYS.values()
        )
        raise BadOption(
            "okta_api_token: no way to sign in to Okta is given; set one of these options, or its"
            f" variable in the environment: {every}."
        )
    if len(chosen) > 1:
        every = ", ".join(begun[way][0] for way in chosen)
        raise BadOption(
            f"{begun[chosen[0]][0]}: several ways to sign in to Okta are given ({every}); give one"
            " of them."
        )
    missing = [name for name in WAYS[chosen[0]] if not params[name]]
    if missing:
        raise BadOption(
            f"{missing[0]}: a service app needs {' and '.join(WAYS[chosen[0]])}; set the option, or"
            f" {variable(missing[0])} in the environment."
        )
    return chosen[0]


def make_sign_in(
    params: t.Mapping[str, t.Any],
    table: t.Mapping[str, t.Mapping[str, t.Any]],
    masker: Masker,
    scopes: t.Sequence[str],
    environment: t.Mapping[str, str] | None = None,
) -> Auth:
    """The sign-in that a module's options ask for. ``scopes`` are those that the task needs."""
    way = choose_way(params, table, os.environ if environment is None else environment)
    for name in ("okta_api_token", "okta_access_token"):
        masker.add(params[name])
    if way == "API token":
        return ApiToken(params["okta_api_token"])
    if way == "access token":
        return AccessToken(params["okta_access_token"])
    return ServiceApp(
        params["okta_client_id"],
        read_key(params["okta_private_key"], params["okta_key_id"], masker),
        scopes,
        masker,
    )


class ApiToken(Token):
    """``Authorization: SSWS``. What it may do are the admin roles of the person who made it."""

    def __init__(self, token: str) -> None:
        super().__init__("SSWS", token)

    def explain(
        self, operation: Operation, origin: str, status: int, explained: Explanation
    ) -> str | None:
        if status == 401 and explained.code != FEATURE_MISSING:
            return (
                f"The token for {origin} is not accepted (401 {explained.code or explained.text}):"
                " it is incomplete or of another org, was revoked, was not used for 30 days, or"
                " its administrator was deactivated; an administrator makes a new one (Security >"
                " API > Tokens)."
            )
        if status == 403 and operation.permission:
            return (
                f"The API token for {origin} lacks a permission: {operation.name} needs"
                f" {operation.permission!r} (403 {explained.code or explained.text}); the"
                " administrator who made the token has no role that holds it."
            )
        return _feature(operation, origin, explained)


class AccessToken(Token):
    """A given OAuth access token. It cannot be renewed."""

    def __init__(self, token: str) -> None:
        super().__init__("Bearer", token)
        self._worked = False

    def on_response(self, status: int, headers: t.Mapping[str, str]) -> None:
        self._worked = self._worked or status < 400

    def explain(
        self, operation: Operation, origin: str, status: int, explained: Explanation
    ) -> str | None:
        if status == 401 and explained.code != FEATURE_MISSING:
            what = (
                "expired during this run"
                if self._worked
                else "is not accepted: it has expired, was revoked, or is of another org"
            )
            return (
                f"okta_access_token: the token for {origin} {what} (401"
                f" {explained.code or explained.text}); get another one and run again."
            )
        if status == 403 and operation.permission:
            if explained.code == INSUFFICIENT_SCOPE:
                return _scope_missing("The access token", operation, origin, explained)
            return (
                f"The access token for {origin} may not call {operation.name} (403"
                f" {explained.code or explained.text}): it lacks the scope"
                f" {operation.permission!r}, or whom it was issued to has no admin role that allows"
                " it; a super admin grants either."
            )
        return _feature(operation, origin, explained)


INSUFFICIENT_SCOPE = "insufficient_scope"


def _scope_missing(who: str, operation: Operation, origin: str, explained: Explanation) -> str:
    return (
        f"{who} for {origin} lacks the scope {operation.permission!r}, which {operation.name} needs"
        f" (403 {explained.code or explained.text}); a super admin grants it on the app's tab Okta"
        " API Scopes."
    )


def _role_missing(who: str, operation: Operation, origin: str, explained: Explanation) -> str:
    return (
        f"{operation.name} at {origin}: the scope {operation.permission!r} is there, and {who} has"
        f" no admin role that allows it (403 {explained.code or explained.text}); a super admin"
        " assigns a standard or custom one on the app's tab Admin roles."
    )


def _feature(operation: Operation, origin: str, explained: Explanation) -> str | None:
    if explained.code != FEATURE_MISSING:
        return None
    return (
        f"{origin} lacks a feature or licence that {operation.name} needs (401 {explained.code}:"
        f" {explained.text}); the token is not the reason."
    )


@dataclass
class Key:
    """A private key, the algorithm that it signs with, and the id by which the org knows its public
    half.
    """

    private: t.Any
    algorithm: str
    key_id: str | None = None


def read_key(text: str, key_id: str | None, masker: Masker) -> Key:
    """A private key from PEM or JWK, by value or by path;

    raises BadOption, which never holds the key.
    """
    if LIBRARIES_MISSING:
        raise BadOption(
            "okta_private_key: the Python libraries PyJWT and cryptography are needed to sign in"
            f" by private key ({LIBRARIES_MISSING})."
        )
    masker.add(text.strip() if "\n" in text.strip() or "{" in text else None)
    value = _contents(text).replace("\\n", "\n").strip() if "{" not in text else text.strip()
    masker.add(value)
    return (
        _read_jwk(value, key_id, masker)
        if value.startswith("{")
        else _read_pem(value, key_id, masker)
    )


def _contents(text: str) -> str:
    if "-----BEGIN" in text:
        return text
    try:
        with open(os.path.expanduser(text.strip()), encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or "it is no text file"
        raise BadOption(
            "okta_private_key: it is neither a PEM nor a JWK, and as a path it cannot be read"
            f" ({reason})."
        ) from None


def _read_pem(value: str, key_id: str | None, masker: Masker) -> Key:
    if "PUBLIC KEY" in value or "BEGIN CERTIFICATE" in value:
        raise BadOption(
            "okta_private_key: this is a public key or certificate; give the private key that"
            " belongs to it."
        )
    for line in value.splitlines():
        masker.add(line if len(line) >= 32 and "-----" not in line else None)
    try:
        private = serialization.load_pem_private_key(value.encode(), password=None)
    except TypeError:
        raise BadOption(
            "okta_private_key: the key is encrypted; give it without a passphrase (keep it in"
            " Ansible Vault instead)."
        ) from None
    except Exception:  # cryptography has many words for a file that is no key, and some quote it
        raise BadOption(
            "okta_private_key: it is no readable PEM private key; give the whole file, from BEGIN"
            " to END."
        ) from None
    return Key(private, algorithm_of(private), key_id)


def _read_jwk(value: str, key_id: str | None, masker: Masker) -> Key:
    try:
        jwk = _json_object(value)
        for name in SECRET_OF_JWK:
            masker.add(jwk.get(name))
        if "d" not in jwk:
            raise BadOption(
                "okta_private_key: the JWK is a public key; give the private one, which has the"
                " member d."
            )
        reader = {"RSA": jwt.algorithms.RSAAlgorithm, "EC": jwt.algorithms.ECAlgorithm}[jwk["kty"]]
        private = reader.from_jwk(json.dumps(jwk))
    except BadOption:
        raise
    except Exception:  # PyJWT's own words may quote the key
        raise BadOption(
            "okta_private_key: it is no readable JWK of an RSA or EC private key; give the JSON"
            " object as Okta showed it."
        ) from None
    fitting = algorithm_of(private)
    asked = jwk.get("alg") or fitting
    if asked != fitting and not (fitting == "RS256" and asked in RSA_ALGORITHMS):
        raise BadOption(
            f"okta_private_key: the JWK says alg {asked!r}, which does not fit its key; Okta takes"
            f" {', '.join(RSA_ALGORITHMS)} and {fitting}."
        )
    return Key(private, asked, key_id or jwk.get("kid"))


def _json_object(value: str) -> dict[str, t.Any]:
    try:
        return json.loads(value)
    except ValueError:
        return ast.literal_eval(value)  # what Ansible makes of a JWK that was written as a mapping


def algorithm_of(private: t.Any) -> str:
    """The algorithm for a private key; raises BadOption for one that Okta does not take."""
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= 2048:
        return "RS256"
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in ALGORITHMS:
        return ALGORITHMS[private.curve.name]
    raise BadOption(
        "okta_private_key: Okta takes RSA keys of at least 2048 bits, and EC keys on P-256, P-384"
        " or P-521."
    )


class Proofs:
    """Demonstrated possession (DPoP):

    a key of this run alone, and a fresh proof for every try of every request.
    """

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._private.public_key()))

    def make(
        self, verb: str, url: str, now: float, nonce: str | None, token: str | None = None
    ) -> str:
        claims: dict[str, t.Any] = {
            "htm": verb,
            "htu": url,
            "iat": int(now),
            "jti": str(uuid.uuid4()),
        }
        if nonce:
            claims["nonce"] = nonce
        if token:
            claims["ath"] = (
                base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest())
                .decode()
                .rstrip("=")
            )
        return jwt.encode(
            claims,
            self._private,
            algorithm="ES256",
            headers={"typ": "dpop+jwt", "jwk": self._public},
        )


class _TokenRequest(Auth):
    """The token request itself carries a proof at most, and no token."""

    def __init__(self, app: ServiceApp) -> None:
        self._app = app

    def headers(self, transport: Transport, verb: str, url: str) -> dict[str, str]:
        return self._app.proof(verb, url)

    def on_response(self, status: int, headers: t.Mapping[str, str]) -> None:
        self._app.on_response(status, headers)

    def explain(
        self, operation: Operation, origin: str, status: int, explained: Explanation
    ) -> str | None:
        return self._app.explain_refusal(origin, status, explained)


class ServiceApp(Auth):
    """An OAuth service app.

    The first call of a task gets the one access token that all of its calls use.

    :arg scopes: those that the task needs; asked for, and named when they are refused.
    """

    def __init__(self, client_id: str, key: Key, scopes: t.Sequence[str], masker: Masker) -> None:
        self.client_id, self.scopes = client_id.strip(), sorted(set(scopes))
        self._key, self._masker = key, masker
        self._lock = threading.RLock()
        self._skew = 0.0  # the vendor's clock less ours, in seconds
        self._token: str | None = None
        self._token_type = "Bearer"
        self._granted: set[str] = set()
        self._ends = 0.0
        self._proofs: Proofs | None = None
        self._nonce: str | None = None

    def now(self) -> float:
        return time.time() + self._skew

    def headers(self, transport: Transport, verb: str, url: str) -> dict[str, str]:
        with self._lock:
            if self._token is None or self.now() >= self._ends:
                self._fetch(transport)
            return {"Authorization": self._authorization(), **self.proof(verb, url, self._token)}

    def _authorization(self) -> str:
        return f"{self._token_type} {self._token}"

    def proof(self, verb: str, url: str, token: str | None = None) -> dict[str, str]:
        if self._proofs is None or (token and self._token_type != "DPoP"):
            return {}
        return {"DPoP": self._proofs.make(verb, url, self.now(), self._nonce, token)}

    def on_response(self, status: int, headers: t.Mapping[str, str]) -> None:
        try:
            self._skew = parsedate_to_datetime(headers["Date"]).timestamp() - time.time()
        except (KeyError, ValueError, TypeError):
            pass  # without the vendor's time ours has to do
        self._nonce = headers.get("dpop-nonce") or self._nonce

    def on_unauthorized(
        self, sent: t.Mapping[str, str], explained: Explanation, headers: t.Mapping[str, str]
    ) -> bool:
        """A refused token is thrown away, unless only the nonce was old, or another thread has
        replaced it already.
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
        """One token request;

        a second where the org asks for a proof, a nonce or its own time first.
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
                f"{transport.origin} answered the token request without a token.",
                vendor=transport.vendor,
                operation=TOKEN.name,
            )
        self._token = str(body["access_token"])
        self._masker.add(self._token)
        self._token_type = "DPoP" if str(body.get("token_type", "")).lower() == "dpop" else "Bearer"
        self._granted = set(str(body.get("scope") or "").split()) or set(
            self.scopes
        )  # where the answer is silent, all were granted
        lives = _seconds(body.get("expires_in"))
        self._ends = self.now() + lives - min(RENEW_BEFORE, lives / 10)

    def _remedy(self, refusal: ApiError, skew: float) -> str | None:
        """What makes the next token request a better one, or None."""
        if refusal.error_code in ("use_dpop_nonce", "invalid_dpop_proof"):
            if self._proofs is None:
                self._proofs = Proofs()
                return "proof"
            return "nonce" if self._nonce else None
        if refusal.error_code == "invalid_client" and abs(self._skew - skew) > CLOCK_TOLERANCE:
            return "clock"
        return None

    def _form(self, transport: Transport) -> t.Callable[[], dict[str, str]]:
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
        """A sentence for a refused token request."""
        said = f"{status} {explained.code or explained.text}"
        if explained.code == "invalid_scope":
            return (
                f"{origin} gives the service app {self.client_id} no token with the scopes"
                f" {', '.join(self.scopes)} ({said}); a super admin grants those that are missing"
                " on the app's tab Okta API Scopes."
            )
        if explained.code in ("invalid_client", "unauthorized_client"):
            return (
                f"{origin} does not accept the service app {self.client_id} ({said}:"
                f" {explained.text}); check okta_client_id, that the app is active, and that"
                " okta_private_key (and okta_key_id) belong to a public key of the app."
            )
        if "dpop" in explained.code:
            return (
                f"{origin} does not accept the proof of possession of the service app"
                f" {self.client_id} ({said}: {explained.text})."
            )
        return None

    def explain(
        self, operation: Operation, origin: str, status: int, explained: Explanation
    ) -> str | None:
        who = f"the service app {self.client_id}"
        if status == 401 and explained.code != FEATURE_MISSING:
            said = explained.code or explained.text
            return (
                f"{origin} does not accept the access token that it has just given to {who} (401"
                f" {said}); is the app still active?"
            )
        if status == 403 and operation.permission:
            if explained.code == INSUFFICIENT_SCOPE or not self._granted & _covering(
                operation.permission
            ):
                return _scope_missing(f"The access token of {who}", operation, origin, explained)
            return _role_missing(who, operation, origin, explained)
        return _feature(operation, origin, explained)


def _covering(scope: str) -> set[str]:
    """A manage scope covers reading."""
    return {scope, scope.replace(".read", ".manage")}


def _seconds(value: t.Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 3600.0  # what Okta documents


def scopes_of(operations: t.Iterable[Operation], check_mode: bool) -> list[str]:
    """The scopes of Okta's that these operations need; in check mode only of those that read."""
    return sorted(
        {
            one.permission
            for one in operations
            if one.permission.startswith("okta.") and not (check_mode and one.writes)
        }
    )
