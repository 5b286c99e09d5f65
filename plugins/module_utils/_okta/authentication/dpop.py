# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Demonstrated proof of possession (DPoP, RFC 9449).

It needs the libraries ``PyJWT`` and ``cryptography``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid


class DpopSigner:
    """Signs a fresh proof for every attempt of every request, with a key of this run alone."""

    def __init__(self) -> None:
        import jwt.algorithms
        from cryptography.hazmat.primitives.asymmetric import ec

        self._private = ec.generate_private_key(ec.SECP256R1())
        self._public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._private.public_key()))

    def sign(
        self, verb: str, url: str, now: float, nonce: str | None, token: str | None = None
    ) -> str:
        """Return a proof.

        :arg now: seconds since the epoch by the org's clock.
        :arg nonce: the last one that the org sent.
        :arg token: the access token that the request carries, if it does.
        """
        claims: dict[str, str | int] = {
            "htm": verb,
            "htu": url,
            "iat": int(now),
            "jti": str(uuid.uuid4()),
        }
        if nonce:
            claims["nonce"] = nonce
        if token:
            digest = hashlib.sha256(token.encode()).digest()
            claims["ath"] = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        import jwt

        headers = {"typ": "dpop+jwt", "jwk": self._public}
        return jwt.encode(claims, self._private, algorithm="ES256", headers=headers)
