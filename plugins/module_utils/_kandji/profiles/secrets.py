# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which values of a configuration profile are secret, and profiles without them. Pure.

The type of the payload and the key decide (see payload_keys). A key that no table names is secret
if its name looks like one, in some languages. So is a value that looks like a credential: an
authorization, a key, and in a payload that Apple does not describe a random text. What an older
profile holds under a key that the file does not have is secret, too: who wrote the file did not
judge it.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import typing as t

from ..._core.changes import ABSENT
from ..._core.masking import MASK, SIGNED_TOKEN
from .mobileconfig import VARIABLES, payloads_of
from .payload_keys import ORDINARY_KEYS, SECRET_KEYS
from .references import Plist, kind_of

_SECRET_NAME = re.compile(
    r"passwor[dt]|passphrase|passcode|passwd|challenge|secret|token|credential"
    r"|kennwort|wachtwoord|contrase[nñ]a|mot[ _-]?de[ _-]?passe|senha|l[oö]senord|has[lł]o|heslo"
    r"|パスワード|密码|密碼|пароль"
    r"|(private|shared|api|auth|recovery|access|encryption|licen[cs]e)[ _-]?key"
    r"|(master|signing|symmetric|activation|registration|enroll?ment|provisioning|install|account"
    # MasterKeyValue and ActivationKeys, not InstallKeyboard or AccountKeyChain
    r"|storage|product|wep|wpa)[ _-]?keys?(?!chain|board|(?-i:[a-z]))"
    r"|(auth|unlock|activation|security|backup|recovery|access|pairing|verification|registration"
    r"|enroll?ment|invit(e|ation)|provisioning)[ _-]?code|session[ _-]?id"
    r"|(user|admin|bind)[ _-]?pw",
    re.IGNORECASE,
)
_SECRET_WORDS = {
    *("pin", "psk", "pass", "pwd", "pw", "otp", "seed", "bearer", "cookie", "authorization"),
}
# The last word of a key that describes a secret and does not hold it: PasswordType, PINLength.
_DESCRIPTIONS = {
    *("uuid", "type", "usage", "size", "mode", "method", "mapping", "length", "age", "history"),
    *("days", "minutes", "seconds", "count", "attempts", "version"),
}
_UNKNOWN_VARIABLE = re.compile(r"\$[A-Z][A-Z_]+")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET_TEXT = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\b\w+://[^/\s:@]*:[^/\s@]+@"
    # A token has a digit, a sign, or a capital inside: "Basic authentication" is none.
    r"|(?i:\b(?:bearer|basic|digest|token|apikey|ssws))[ :=]+"
    r"(?=\S*(?:[0-9=]|[a-z][A-Z]))[A-Za-z0-9+/=._~-]{8,}"
    r"|(?i:[?&;](?:access_|api_?|auth_?)?(?:token|key|sig|signature|secret|password|pwd)=)[^&;\s]+"
    # Tokens that say whose they are: of GitHub, GitLab, Slack, Amazon, Stripe
    r"|\b(?:gh[oprsu]_|github_pat_|glpat-|xox[abeoprs]-|AKIA|[rs]k_live_)\w{8}"
)
# What a text assigns to a name: NAME=value, "name": "value", <name>value, --name value
_ASSIGNED = re.compile(
    r"""(?<![\w.-])(?:--?(?P<option>\w[\w-]*)\s+(?=[^\s-])"""
    r"""|(?P<name>[\w.-]+)["']?(?:\s*[:=]\s*|>)["']?(?=[^\s<"']))"""
)
_OPTION = re.compile(r"--?[A-Za-z][\w-]*")
# Keys of a dictionary that names a setting and its value.
_LABELS = {"name", "key"}
_VALUES = {"value", "values", "data", "content", "text", "string"}
_LONG_WORD = re.compile(r"[A-Za-z0-9]{20,}", re.ASCII)
_HEXADECIMAL = re.compile(r"[0-9A-F]+|[0-9a-f]+")
# The last word of a key that identifies something: its value is long, and no secret.
_IDENTIFIERS = {
    *("id", "ids", "identifier", "guid", "cid", "url", "uri", "host", "name", "serial"),
    *("hash", "digest", "fingerprint", "thumbprint", "requirement", "certificate"),
}
# What describes a payload, in any payload.
_METADATA = {
    "PayloadType",
    "PayloadVersion",
    "PayloadDisplayName",
    "PayloadOrganization",
    "PayloadEnabled",
    "PayloadScope",
}


def is_secret(path: str, kind: str = "", secret_keys: t.Sequence[str] = ()) -> bool:
    """Return whether one of the keys, with dots between or before them, is that of a secret.

    ``kind`` is the type of the payload; ``secret_keys`` are secret in any payload.
    """
    dotted = f".{path.lower()}."
    for key in (*secret_keys, *SECRET_KEYS.get(kind, ())):
        if f".{key.lower()}." in dotted:
            return True
    ordinary = ORDINARY_KEYS.get(kind, ())
    return any(_names_secret(key) for key in path.split(".") if key not in ordinary)


def _names_secret(key: str) -> bool:
    words = [word.lower() for word in _WORD.findall(key)]
    if words and words[-1] in _DESCRIPTIONS:
        return False
    return (
        bool(_SECRET_NAME.search(key))
        or not _SECRET_WORDS.isdisjoint(words)
        or words[-1:] == ["key"]
        and words[-2:] != ["public", "key"]
    )


def secret_texts(plist: Plist, secret_keys: t.Sequence[str]) -> list[str]:
    """Return the texts that no output may hold. A variable of Kandji's is not a secret."""
    return [
        text
        for kind, values in _values_by_kind(plist)
        for place, text in _walk_texts(values)
        if _is_secret_value(text, place, kind, secret_keys)
        and not (text.startswith("$") and text[1:] in VARIABLES)
    ]


def _values_by_kind(plist: Plist) -> list[tuple[str, Plist]]:
    """Return the payloads by their types, and without a type what the profile as a whole sets."""
    whole = {key: value for key, value in plist.items() if key != "PayloadContent"}
    return [("", whole), *((kind_of(payload), payload) for payload in payloads_of(plist))]


def unknown_variables(plist: Plist, secret_keys: t.Sequence[str]) -> list[str]:
    """Return values that are nothing but a variable which Kandji does not know.

    Macs would get them unchanged. Secrets are left out.
    """
    texts = {
        text
        for payload in payloads_of(plist)
        for place, text in _walk_texts(payload)
        if not _is_secret_place(place, kind_of(payload), secret_keys)
    }
    return sorted(
        text for text in texts if _UNKNOWN_VARIABLE.fullmatch(text) and text[1:] not in VARIABLES
    )


def is_ordinary(text: str) -> bool:
    """Return whether a secret may be a word or a number that a message holds for other reasons."""
    return len(text) < 8 or len(text) < 16 and (text.isalpha() or not re.search("[a-zA-Z]", text))


def _is_secret_value(value: object, place: _Place, kind: str, secret_keys: t.Sequence[str]) -> bool:
    """Return whether a single value is secret, by its key, its name or by what it is.

    A switch says nothing of the secret that it is about.
    """
    if isinstance(value, bool) or value is ABSENT:
        return False
    if isinstance(value, str) and (SIGNED_TOKEN.search(value) or _SECRET_TEXT.search(value)):
        return True
    if isinstance(value, str) and (
        _assigns_secret(value) or _looks_random(value, place.path, kind)
    ):
        return True
    return _is_secret_place(place, kind, secret_keys)


def _is_secret_place(place: _Place, kind: str, secret_keys: t.Sequence[str]) -> bool:
    return is_secret(place.path, kind, secret_keys) or any(map(_names_secret, place.labels))


def _assigns_secret(text: str) -> bool:
    """Return whether a text assigns something to a name that is that of a secret."""
    return any(
        _names_secret(match["name"] or match["option"]) for match in _ASSIGNED.finditer(text)
    )


class _Place(t.NamedTuple):
    """The place of a value: the keys above it, and the names of settings whose value it is."""

    path: str = ""
    labels: tuple[str, ...] = ()


_TOP = _Place()


def _walk_texts(value: object, place: _Place = _TOP) -> t.Iterator[tuple[_Place, str]]:
    """Yield the texts of a nested value with their places."""
    for at, inner in _inner_values(value, place):
        if isinstance(inner, str):
            yield at, inner
        else:
            yield from _walk_texts(inner, at)


def _inner_values(value: object, place: _Place) -> t.Iterator[tuple[_Place, object]]:
    """Yield what a dictionary or a list holds, with its place."""
    path, labels = place
    if isinstance(value, dict):
        for key, inner in value.items():
            yield _Place(f"{path}.{key}", (*labels, *_labels_of_key(value, key))), inner
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield _Place(path, (*labels, *_labels_of_element(value, index))), inner


def _labels_of_key(values: t.Mapping[str, object], key: str) -> list[str]:
    """Return the names that a dictionary gives to the value under a key."""
    return [
        label
        for name, label in values.items()
        if name.lower() in _LABELS and isinstance(label, str) and key.lower() in _VALUES
    ]


def _labels_of_element(values: t.Sequence[object], index: int) -> list[str]:
    """Return the option of a command that an element of a list follows."""
    option = values[index - 1] if index else None
    return [option] if isinstance(option, str) and _OPTION.fullmatch(option) else []


def _looks_random(text: str, path: str, kind: str) -> bool:
    """Return whether a text of a payload that Apple does not describe looks like a key.

    Capitals, small letters and digits alternate in it as in no word. Digests, UUIDs and what the
    key calls an identifier do not count.
    """
    words = _WORD.findall(path.rpartition(".")[2])
    last = words[-1].lower() if words else ""
    if not kind or kind.startswith("com.apple.") or last in _DESCRIPTIONS | _IDENTIFIERS:
        return False
    return "://" not in text and any(map(_alternates, _LONG_WORD.findall(text)))


def _alternates(word: str) -> bool:
    kinds = [(char.isdigit(), char.isupper()) for char in word]
    changes = sum(first != second for first, second in itertools.pairwise(kinds))
    return len(set(kinds)) == 3 and changes >= 0.4 * len(word) and not _HEXADECIMAL.fullmatch(word)


class Mask:
    """Values of one payload, or of a whole profile (without a type), for people."""

    def __init__(self, kind: str = "", secret_keys: t.Sequence[str] = ()) -> None:
        self._kind, self._secret_keys = kind, secret_keys

    def value(self, value: t.Any, path: str = "") -> t.Any:
        """Return a value with secrets masked, and other data as its digest."""
        return self._value(value, _Place(path))

    def old_value(self, before: t.Any, after: t.Any, path: str = "") -> t.Any:
        """Return a value that is to be replaced by ``after``.

        What it holds under a key that ``after`` does not have is masked.
        """
        return self._old_value(before, after, _Place(path))

    def _value(self, value: t.Any, place: _Place) -> t.Any:
        inner_values = [self._value(inner, at) for at, inner in _inner_values(value, place)]
        if isinstance(value, dict):
            return dict(zip(value, inner_values))
        if isinstance(value, list):
            return inner_values
        if _is_secret_value(value, place, self._kind, self._secret_keys):
            return MASK
        if isinstance(value, bytes):
            return f"{len(value)} bytes, sha256:{hashlib.sha256(value).hexdigest()}"
        if value is None or isinstance(value, (str, bool, int, float)):
            return value
        return None if value is ABSENT else str(value)

    def _old_value(self, before: t.Any, after: t.Any, place: _Place) -> t.Any:
        if isinstance(before, dict):
            known = after if isinstance(after, dict) else {}
            return {
                key: self._value(inner, at)
                if key in _METADATA
                else self._old_value(inner, known.get(key, ABSENT), at)
                for key, (at, inner) in zip(before, _inner_values(before, place))
            }
        if isinstance(before, list):
            known_values = after if isinstance(after, list) else []
            return [
                self._old_value(inner, _counterpart(inner, known_values), at)
                for at, inner in _inner_values(before, place)
            ]
        if after is ABSENT or isinstance(after, (dict, list)):
            return before if isinstance(before, bool) else None if before is ABSENT else MASK
        return self._value(before, place)


def _counterpart(before: t.Any, after: t.Sequence[t.Any]) -> t.Any:
    """Return what the elements of a list hold that is of the form of an older element."""
    if isinstance(before, dict):
        return {
            key: value for each in after if isinstance(each, dict) for key, value in each.items()
        }
    kinds = list if isinstance(before, list) else (str, bytes, int, float)
    return next((each for each in after if isinstance(each, kinds)), ABSENT)
