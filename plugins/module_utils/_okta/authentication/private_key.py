# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The private key of an OAuth service app, from PEM or JWK.

It needs the libraries ``PyJWT`` and ``cryptography``. They are imported by who reads a key: that
takes a sixth of the time in which a module starts.
"""

from __future__ import annotations

import ast
import json
import os
import typing as t
from dataclasses import dataclass
from importlib import import_module

from ..._core.errors import BadOption
from ..._core.json_fields import as_text
from ..._core.masking import Masker

if t.TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

LIBRARIES = ("jwt.algorithms", "cryptography.hazmat.primitives.serialization")
ALGORITHMS = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
RSA_ALGORITHMS = ("RS256", "RS384", "RS512")
SECRET_JWK_MEMBERS = ("d", "p", "q", "dp", "dq", "qi", "k")


@dataclass(frozen=True)
class Key:
    """A private key, and the algorithm that it signs with.

    :arg key_id: the id by which the org knows its public key.
    """

    private: PrivateKey
    algorithm: str
    key_id: str | None = None


def read_key(text: str, key_id: str | None, masker: Masker) -> Key:
    """Return a private key from PEM or JWK, by value or by path.

    Raises BadOption, which never holds the key.
    """
    try:
        for library in LIBRARIES:
            import_module(library)
    except ImportError as error:
        raise BadOption(
            f"okta_private_key: the Python libraries PyJWT and cryptography are missing ({error})."
            " Install them."
        ) from None
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
        reason = getattr(problem, "strerror", None) or "it is not a text file"
        raise BadOption(
            "okta_private_key: it is neither a PEM nor a JWK, and as a path it cannot be read"
            f" ({reason}). Give the key or the path of its file."
        ) from None


def _read_pem(value: str, key_id: str | None, masker: Masker) -> Key:
    from cryptography.hazmat.primitives import serialization

    if "PUBLIC KEY" in value or "BEGIN CERTIFICATE" in value:
        raise BadOption(
            "okta_private_key: this is a public key or certificate. Give the private key that"
            " belongs to it."
        )
    for line in value.splitlines():
        masker.add(line if len(line) >= 32 and "-----" not in line else None)
    try:
        loaded = serialization.load_pem_private_key(value.encode(), password=None)
    except TypeError:
        raise BadOption(
            "okta_private_key: the key is encrypted. Give it without a passphrase, and keep it"
            " in Ansible Vault."
        ) from None
    except Exception:  # cryptography has many errors for a file without a key; some quote it
        raise BadOption(
            "okta_private_key: it is not a readable PEM private key. Give the whole file, from"
            " BEGIN to END."
        ) from None
    private, algorithm = detect_algorithm(loaded)
    return Key(private, algorithm, key_id)


def _read_jwk(value: str, key_id: str | None, masker: Masker) -> Key:
    import jwt.algorithms

    try:
        jwk = _json_object(value)
        for name in SECRET_JWK_MEMBERS:
            masker.add(as_text(jwk.get(name)))
        if "d" not in jwk:
            raise BadOption(
                "okta_private_key: the JWK is a public key. Give the private one, which has the"
                " member d."
            )
        readers = {
            "RSA": jwt.algorithms.RSAAlgorithm.from_jwk,
            "EC": jwt.algorithms.ECAlgorithm.from_jwk,
        }
        loaded = readers[str(jwk["kty"])](json.dumps(jwk))
    except BadOption:
        raise
    except Exception:  # PyJWT's errors may quote the key
        raise BadOption(
            "okta_private_key: it is not a readable JWK of an RSA or EC private key. Give the JSON"
            " object as Okta showed it."
        ) from None
    private, fitting = detect_algorithm(loaded)
    wanted = as_text(jwk.get("alg")) or fitting
    if wanted != fitting and not (fitting == "RS256" and wanted in RSA_ALGORITHMS):
        raise BadOption(
            f"okta_private_key: the JWK has alg {wanted!r}, which does not fit its key. Use one"
            f" that Okta accepts: {', '.join(RSA_ALGORITHMS)} or {fitting}."
        )
    return Key(private, wanted, key_id or as_text(jwk.get("kid")))


def _json_object(value: str) -> dict[str, object]:
    """Return a JSON object, also as Ansible passes one that was written as a YAML mapping."""
    try:
        return dict(json.loads(value))
    except ValueError:
        return dict(ast.literal_eval(value))


def detect_algorithm(private: object) -> tuple[PrivateKey, str]:
    """Return a private key and its algorithm. Raises BadOption if Okta does not accept it."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= 2048:
        return private, "RS256"
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in ALGORITHMS:
        return private, ALGORITHMS[private.curve.name]
    raise BadOption(
        "okta_private_key: Okta does not accept this kind of key. Use an RSA key of at least 2048"
        " bits, or an EC key on P-256, P-384 or P-521."
    )
