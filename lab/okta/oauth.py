# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OAuth service apps of the org authorization server.

They have private_key_jwt, scopes, admin roles, and proof of possession (DPoP, RFC 9449).
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from lab.http import Answer, Call, Operation, Refusal
from lab.okta.errors import error

TOKEN_PATH = "/oauth2/v1/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_LIVES = timedelta(hours=1)
LONGEST_ASSERTION = timedelta(hours=1)
AHEAD = timedelta(seconds=60)  # how far a clock may be ahead of Okta's
CURVES: dict[str, t.Callable[[], ec.EllipticCurve]] = {
    "ES256": ec.SECP256R1,
    "ES384": ec.SECP384R1,
    "ES512": ec.SECP521R1,
}
ALGORITHMS = ("RS256", "RS384", "RS512", *CURVES)
# By path: what an app needs to read there; to write it needs the same with "manage".
SCOPES = (
    ("/api/v1/devices", "okta.devices.read"),
    ("/api/v1/users", "okta.users.read"),
    ("/api/v1/authenticators", "okta.authenticators.read"),
    ("/api/v1/logs", "okta.logs.read"),
    ("/api/v1/device-integrations", "okta.deviceIntegrations.read"),
    ("/api/v1/policies", "okta.policies.read"),
    ("/api/v1/apps", "okta.apps.read"),
    ("/api/v1/groups", "okta.groups.read"),
    ("/pki/api/v2/certificate-authorities", "okta.certificateAuthorities.read"),
)
EVERYTHING = frozenset(
    form
    for _path, scope in SCOPES
    for form in (scope, scope.replace(".read", ".manage"))
    if form != "okta.logs.manage"
)

Json = dict[str, t.Any]


@dataclass
class ServiceApp:
    """A service app.

    ``role``: an admin role is assigned. ``dpop``: token requests need a proof of possession.
    """

    client_id: str
    algorithm: str
    key_id: str
    private_key: t.Any
    scopes: set[str]
    dpop: bool = False
    role: bool = True
    active: bool = True

    def announced(self) -> Json:
        """Return what the console shows once when the app is made, private key included."""
        pem = self.private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        kind = (
            jwt.algorithms.ECAlgorithm if self.algorithm in CURVES else jwt.algorithms.RSAAlgorithm
        )
        jwk = {
            **json.loads(kind.to_jwk(self.private_key)),
            "kid": self.key_id,
            "alg": self.algorithm,
        }
        # Okta's console leaves it out, and its SDK accepts texts alone.
        jwk.pop("key_ops", None)
        return {
            "client_id": self.client_id,
            "key_id": self.key_id,
            "private_key": pem,
            "private_key_jwk": json.dumps(jwk),
        }


@dataclass
class AccessToken:
    """An access token, which is opaque."""

    app: ServiceApp
    scopes: set[str]
    ends: datetime
    thumbprint: str | None = None  # of the key whose possession calls must prove


@dataclass
class OAuth:
    """The authorization server of an org, on the lab's clock."""

    base_url: str
    now: t.Callable[[], datetime]
    new_id: t.Callable[[str], str]
    apps: dict[str, ServiceApp] = field(default_factory=dict)
    tokens: dict[str, AccessToken] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)  # jti of assertions and proofs
    nonce: str = ""

    def add_app(
        self,
        algorithm: str = "ES256",
        scopes: t.Iterable[str] = EVERYTHING,
        *,
        dpop: bool = False,
        role: bool = True,
    ) -> ServiceApp:
        """Add a service app."""
        app = ServiceApp(
            self.new_id("0oa"),
            algorithm,
            self.new_id("kid"),
            _private_key(algorithm, len(self.apps)),
            set(scopes),
            dpop,
            role,
        )
        self.apps[app.client_id] = app
        return app

    def expire(self) -> int:
        """Expire all access tokens. Return how many there were."""
        ended = len(self.tokens)
        self.tokens.clear()
        return ended

    # The token operation

    def token(self, call: Call) -> Answer:
        """Answer a token request. Raises Refusal."""
        app = self._authenticate(call.form)
        thumbprint = self._read_token_proof(call) if app.dpop or "dpop" in call.headers else None
        scopes = set(str(call.form.get("scope", "")).split())
        if not scopes or not scopes <= app.scopes:
            raise _refusal(
                400,
                "invalid_scope",
                "One or more of the requested scopes are not granted to the client.",
            )
        token = self.new_id("eyJ") + self.new_id("") + self.new_id("")
        self.tokens[token] = AccessToken(app, scopes, self.now() + TOKEN_LIVES, thumbprint)
        return Answer(
            {
                "token_type": "DPoP" if thumbprint else "Bearer",
                "expires_in": int(TOKEN_LIVES.total_seconds()),
                "access_token": token,
                "scope": " ".join(sorted(scopes)),
            }
        )

    def _authenticate(self, form: Json) -> ServiceApp:
        if form.get("grant_type") != "client_credentials":
            raise _refusal(400, "unsupported_grant_type", "Service apps use client_credentials.")
        if form.get("client_assertion_type") != ASSERTION_TYPE or not form.get("client_assertion"):
            raise _refusal(401, "invalid_client", "A client assertion is needed.")
        assertion = str(form["client_assertion"])
        try:
            claimed = jwt.decode(assertion, options={"verify_signature": False})
            app = self.apps[str(claimed.get("sub"))]
            key_id = jwt.get_unverified_header(assertion).get("kid")
            claims = jwt.decode(
                assertion,
                app.private_key.public_key(),
                algorithms=_algorithms_for(app.algorithm),
                audience=self.base_url + TOKEN_PATH,
                options={
                    "require": ["iss", "sub", "aud", "exp"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, KeyError):
            raise _refusal(
                401,
                "invalid_client",
                "The client_assertion signature, audience or client is invalid.",
            ) from None
        if (
            not app.active
            or claims["iss"] != claims["sub"]
            or (key_id is not None and key_id != app.key_id)
        ):
            raise _refusal(401, "invalid_client", "The client or its key is not known.")
        self._check_times(claims)
        if not self._is_fresh(claims.get("jti")):
            raise _refusal(
                401, "invalid_client", "The client_assertion token has already been used."
            )
        return app

    def _check_times(self, claims: Json) -> None:
        now = self.now().timestamp()
        if claims["exp"] <= now:
            raise _refusal(401, "invalid_client", "The client_assertion token is expired.")
        if claims["exp"] > now + (LONGEST_ASSERTION + AHEAD).total_seconds():
            raise _refusal(
                401,
                "invalid_client",
                "The client_assertion token has an expiration too far into the future.",
            )
        if claims.get("iat", now) > now + AHEAD.total_seconds():
            raise _refusal(
                401, "invalid_client", "The client_assertion token was issued in the future."
            )

    def _is_fresh(self, jti: t.Any) -> bool:
        if jti is None:
            return True
        known = str(jti) in self.seen
        self.seen.add(str(jti))
        return not known

    # Proof of possession

    def _read_token_proof(self, call: Call) -> str:
        """Return the thumbprint of the key of a token request's proof.

        Raises Refusal; the first request lacks the nonce, and the refusal contains it.
        """
        claims, thumbprint = self._read_proof(call, 400)
        if not self.nonce:
            self.nonce = self.new_id("")
        if claims.get("nonce") != self.nonce:
            refusal = _refusal(
                400, "use_dpop_nonce", "Authorization server requires nonce in DPoP proof."
            )
            refusal.answer.headers["dpop-nonce"] = self.nonce
            raise refusal
        return thumbprint

    def _read_proof(self, call: Call, status: int) -> tuple[Json, str]:
        proof = call.headers.get("dpop", "")
        try:
            head = jwt.get_unverified_header(proof)
            kind = (
                jwt.algorithms.ECAlgorithm
                if head["jwk"]["kty"] == "EC"
                else jwt.algorithms.RSAAlgorithm
            )
            key = kind.from_jwk(json.dumps(head["jwk"]))
            if not isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)):
                raise ValueError("The proof shows a private key (RFC 9449, section 4.3).")
            claims = jwt.decode(
                proof,
                key,
                algorithms=[head["alg"]],
                options={"verify_iat": False},
            )
        except (jwt.PyJWTError, KeyError, TypeError, ValueError):
            raise _refusal(
                status, "invalid_dpop_proof", "The DPoP proof JWT header is missing or invalid."
            ) from None
        late = (
            abs(float(claims.get("iat", 0)) - self.now().timestamp())
            > LONGEST_ASSERTION.total_seconds()
        )
        url = self.base_url + call.request_path
        if (
            head.get("typ") != "dpop+jwt"
            or claims.get("htm") != call.operation.verb
            or claims.get("htu") != url
            or late
        ):
            raise _refusal(
                status, "invalid_dpop_proof", "The DPoP proof JWT does not fit the request."
            )
        if not claims.get("jti") or not self._is_fresh(claims["jti"]):
            raise _refusal(
                status, "invalid_dpop_proof", "The DPoP proof JWT has already been used."
            )
        return claims, _thumbprint(head["jwk"])

    # Calls with an access token

    def admit(self, call: Call, scheme: str, token: str) -> str:
        """Return the principal of a call. Raises Refusal."""
        access = self.tokens.get(token)
        if access is None or access.ends <= self.now() or not access.app.active:
            raise Refusal(error("E0000011"))
        if (access.thumbprint is not None) != (scheme == "DPoP"):
            raise Refusal(error("E0000011"))
        if access.thumbprint is not None:
            self._check_holder(call, token, access.thumbprint)
        scope = needed_scope(call.operation)
        if scope and not {scope, scope.replace(".read", ".manage")} & access.scopes:
            answer = error("E0000006")
            answer.headers["WWW-Authenticate"] = (
                f'{scheme} error="insufficient_scope", error_description="The access token provided'
                ' does not contain the required scopes."'
            )
            raise Refusal(answer)
        if not access.app.role:
            raise Refusal(error("E0000006"))
        return access.app.client_id

    def _check_holder(self, call: Call, token: str, thumbprint: str) -> None:
        claims, proven = self._read_proof(call, 401)
        digest = (
            base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).decode().rstrip("=")
        )
        if proven != thumbprint or claims.get("ath") != digest:
            raise _refusal(401, "invalid_dpop_proof", "The DPoP proof is of another key or token.")


def needed_scope(operation: Operation) -> str:
    """Return the scope that an operation needs, empty if none."""
    scope = next((scope for path, scope in SCOPES if operation.path.startswith(path)), "")
    return scope.replace(".read", ".manage") if operation.writes else scope


def _refusal(status: int, code: str, text: str) -> Refusal:
    answer = Answer({"error": code, "error_description": text}, status)
    if status == 401 and "dpop" in code:
        answer.headers["WWW-Authenticate"] = f'DPoP error="{code}", error_description="{text}"'
    return Refusal(answer)


def _algorithms_for(algorithm: str) -> list[str]:
    return [algorithm] if algorithm in CURVES else ["RS256", "RS384", "RS512"]


def _thumbprint(jwk: Json) -> str:
    """Return the thumbprint of a key (RFC 7638)."""
    members = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}[jwk["kty"]]
    text = json.dumps({name: jwk[name] for name in members}, sort_keys=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


@functools.cache
def _private_key(algorithm: str, _number: int) -> t.Any:
    """Return a key that is made once per process: the labs of a test run share it."""
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm]())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
