# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the playbooks: their declaration, and the typed values of what a user set."""

from __future__ import annotations

import copy
import datetime
import difflib
import functools
import os
import re
import typing as t
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from ..module_utils._core.errors import BadOption
from ..module_utils._core.lookup import fold_name, tell_apart
from ..module_utils._core.options import Params
from ..module_utils._core.text import UUID, is_unset
from ..module_utils._http.urls import parse_origin, split_url
from ..module_utils._kandji.credentials import check_api_token, parse_api_url
from ..module_utils._kandji.profiles.challenge import check_challenge
from ..module_utils._okta.authentication.credentials import check_okta_token, parse_org_url

PREFIX = "device_trust_"
DECLARATION = Path(__file__).parents[2] / "playbooks" / "meta" / "variables.yml"
MISSING = "it is not set."
# What is kept in them is of one org and tenant.
DIRECTORIES_OF_TENANT = (f"{PREFIX}report_dir", f"{PREFIX}state_dir")
# The safe loader, which is ten times as fast in C.
# Both are safe loaders, which ruff does not see.
LOADER: type[t.Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LONGEST_TEXT = 1024  # characters; no name, path or subject of either vendor is longer
LONGEST_QUOTE = 60  # characters of a value in a message
BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on", "1", "y", "t"), True),
    **dict.fromkeys(("false", "no", "off", "0", "n", "f"), False),
}
# What a value is, for messages. A bool is an int as well, so it comes first.
KINDS: tuple[tuple[t.Any, str], ...] = (
    (bool, "a boolean"),
    ((int, float), "a number"),
    (datetime.date, "a date"),
    (str, "a text"),
    (Mapping, "a mapping"),
    (Sequence, "a list"),
)

Answer = t.TypeVar("Answer")
# A typed value and what is wrong with it, one sentence each.
Checked = tuple[t.Any, list[str]]
# A variable's name, or several of which one is enough.
Need: t.TypeAlias = "str | Sequence[str]"


class WrongValue(ValueError):
    """A value that its variable cannot have. The text says why, and what to do."""


@dataclass(frozen=True)
class Variable:
    """A variable, or a key of a ring, as the declaration describes it.

    :arg environment: the environment variable that counts if the variable is not set.
    :arg secret: whether its value must not be shown.
    :arg multiline: whether its text may have several lines and any length.
    :arg holds: what the path names, "directory" or "file"; a file must be there. "" for either.
    :arg remedy: what to do if it is not set but must be. Each key that a ring must have has one.
    """

    name: str
    type: str
    description: str
    default: t.Any = None
    default_text: str = ""
    minimum: int = 0
    maximum: int = 0
    choices: Sequence[str] = ()
    pattern: str = ""
    environment: str = ""
    secret: bool = False
    multiline: bool = False
    holds: str = ""
    remedy: str = ""

    @property
    def key(self) -> str:
        """Return its name without the prefix."""
        return self.name.removeprefix(PREFIX)

    @property
    def is_of_tenant(self) -> bool:
        """Whether each org and tenant has its own: a URL, or what authenticates there."""
        return self.key.startswith(("okta_", "kandji_", "scep_"))


@dataclass(frozen=True)
class Playbook:
    """What a playbook cannot do without, and what it uses.

    :arg vendors: the vendors that it sends requests to, "okta" and "kandji".
    :arg may_use: what else it takes the variables of if they are set: "kandji", and "scep" for the
        SCEP URL and its challenge.
    :arg requires_if: further variables that it needs if another one is set.
    :arg tags: those that select its steps.
    """

    vendors: Sequence[str] = ()
    may_use: Sequence[str] = ()
    requires: Sequence[Need] = ()
    requires_if: Mapping[str, Sequence[Need]] = field(default_factory=dict)
    tags: Sequence[str] = ()

    def uses_of_tenant(self, variable: Variable) -> bool:
        """Return whether it uses a variable that each org and tenant has its own value of."""
        uses = (*self.vendors, *self.may_use)
        return variable.is_of_tenant and variable.key.partition("_")[0] in uses


@dataclass(frozen=True)
class Declaration:
    """All variables by group, the keys of a ring, and the needs of vendors and playbooks."""

    groups: Mapping[str, Sequence[Variable]]
    ring: Sequence[Variable]
    vendors: Mapping[str, Sequence[Need]]
    playbooks: Mapping[str, Playbook]

    @property
    def variables(self) -> dict[str, Variable]:
        """Return the variables by name, in the order of the declaration."""
        return {variable.name: variable for group in self.groups.values() for variable in group}


@functools.cache
def read_declaration() -> Declaration:
    """Return what playbooks/meta/variables.yml declares."""
    content = yaml.load(DECLARATION.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - a safe loader
    return Declaration(
        {
            group["title"]: [Variable(**variable) for variable in group["variables"]]
            for group in content["groups"]
        },
        [Variable(**key) for key in content["ring"]],
        content["vendors"],
        {name: Playbook(**needs) for name, needs in content["playbooks"].items()},
    )


@dataclass(frozen=True)
class Settings:
    """What a user set for a run of a playbook.

    :arg values: the resolved values of the variables whose names begin with the prefix.
    :arg directory: what a relative path is relative to, "" if that is not known.
    :arg unresolved: the variables whose values cannot be resolved.
    :arg hosts: how many hosts the play runs on, each with an org and a tenant.
    """

    playbook: str
    values: Mapping[str, object]
    environment: Mapping[str, str]
    directory: str = ""
    unresolved: Sequence[str] = ()
    hosts: int = 1

    def source(self, variable: Variable) -> str:
        """Return the name that its value comes from, or "" if it is not set."""
        if variable.name in self.unresolved or not is_unset(self.values.get(variable.name)):
            return variable.name
        return variable.environment if self.environment.get(variable.environment) else ""

    def value(self, variable: Variable) -> object:
        """Return its value as it was set, or None."""
        source = self.source(variable)
        if source == variable.name:
            return self.values.get(source)
        return self.environment.get(source)


def validate(declaration: Declaration, settings: Settings) -> Checked:
    """Return the typed values by name without the prefix, and everything that is wrong.

    Secrets are checked and left out.
    """
    result: dict[str, object] = {}
    names = sorted({*settings.values, *settings.unresolved})
    needs = _needs(declaration, settings.playbook)
    needed = [name for need in needs for name in ([need] if isinstance(need, str) else need)]
    problems = [_unknown(name, declaration.variables, needed) for name in names]
    for variable in declaration.variables.values():
        place = settings.source(variable) or variable.name
        checker = Checker(declaration, settings.directory)
        value, wrong = checker.check(place, variable, settings.value(variable))
        problems += wrong
        if not variable.secret or (variable.type == "key" and os.path.isfile(str(value))):
            result[variable.key] = value
    problems += _missing(declaration, settings, result)
    problems += _of_any_host(declaration, settings)
    return result, [problem for problem in problems if problem]


def _unknown(name: str, known: Iterable[str], needed: Iterable[str]) -> str:
    if name in known:
        return ""
    return f"{name}: this variable does not exist{suggest_name(name, known, needed)}"


def suggest_name(name: str, known: Iterable[str], needed: Iterable[str] = ()) -> str:
    """Return the end of a sentence that suggests the nearest name.

    :arg needed: names among those that are near which are suggested first.
    """
    by_key = {each.removeprefix(PREFIX): each for each in known}
    wanted = name.removeprefix(PREFIX).lower()
    begun = sorted((key for key in by_key if wanted and key.startswith(wanted)), key=len)
    close = begun or difflib.get_close_matches(wanted, by_key, n=5, cutoff=0.6)
    close = [key for key in close if by_key[key] in needed] or close
    if not close:
        return ". Remove it."
    return f"; did you mean '{by_key[close[0]]}'?{tell_apart(wanted, close[0])}"


def _needs(declaration: Declaration, name: str) -> list[Need]:
    """Return what a playbook cannot do without, whatever else is set."""
    playbook = declaration.playbooks[name]
    needs = [need for vendor in playbook.vendors for need in declaration.vendors[vendor]]
    return [*needs, *playbook.requires]


def _missing(declaration: Declaration, settings: Settings, result: Params) -> Iterator[str]:
    """Yield a sentence for everything that the playbook needs and that is not set."""
    playbook, variables = declaration.playbooks[settings.playbook], declaration.variables
    needs = _needs(declaration, settings.playbook)

    def is_set(name: str) -> bool:
        variable = variables[name]
        wrong = name in settings.unresolved or result.get(variable.key, "") is None
        if variable.type in LISTS or variable.type == "bool":
            return wrong or bool(result[variable.key])
        return bool(settings.source(variable))

    for name, further in playbook.requires_if.items():
        needs += further if result[variables[name].key] else []
    for need in needs:
        names = [need] if isinstance(need, str) else need
        if not any(map(is_set, names)):
            yield _describe_missing([variables[name] for name in names], settings.hosts)


def _of_any_host(declaration: Declaration, settings: Settings) -> Iterator[str]:
    """Yield a sentence for each value of a tenant that all hosts would take of the environment.

    A token would be sent to the hosts of each org and tenant. Values that the playbook does not use
    go nowhere.
    """
    playbook = declaration.playbooks[settings.playbook]
    for variable in declaration.variables.values():
        if settings.hosts > 1 and playbook.uses_of_tenant(variable):
            if variable.environment and settings.source(variable) == variable.environment:
                yield (
                    f"{variable.name}: it comes from {variable.environment} in the environment, and"
                    f" the play runs on {settings.hosts} hosts. Set it for the host that it is of,"
                    f" and remove {variable.environment}."
                )


def _describe_missing(variables: Sequence[Variable], hosts: int) -> str:
    first, others = variables[0], [variable.name for variable in variables[1:]]
    if first.remedy:
        return f"{first.name}: {MISSING} {first.remedy}"
    remedies = ["Set it"] if hosts == 1 else ["Set it for the host"]
    if first.environment and hosts == 1:
        remedies.append(f"{first.environment} in the environment")
    if others:
        remedies.append(f"{', '.join(others[:-1])} or {others[-1]}")
    return f"{first.name}: {MISSING} {', or '.join(remedies)}."


def split_texts(text: str) -> list[str]:
    """Return the texts of a list that is one text with commas or line breaks."""
    return [part.strip() for part in re.split(r"[,\r\n]", text) if part.strip()]


def split_serials(text: str) -> list[str]:
    """Return the serial numbers of one text, also with spaces or semicolons."""
    return split_texts(re.sub(r"[;\s]+", ",", text))


@dataclass(frozen=True)
class Checker:
    """Checks values against what is declared, and gives them their types.

    :arg directory: what a relative path is relative to, "" if that is not known.
    """

    declaration: Declaration
    directory: str

    def check(self, place: str, variable: Variable, value: object) -> Checked:
        """Return the typed value of a variable and what is wrong with it.

        :arg place: the place of the value, for messages, such as "device_trust_rings[0].name".
        """
        if is_unset(value):
            empty = "" if variable.type in TEXTS and variable.default is None else variable.default
            return copy.deepcopy(empty), []
        try:
            if variable.type in LISTS:
                checked, problems = getattr(self, LISTS[variable.type])(place, variable, value)
                if variable.default and not checked and not problems:
                    raise WrongValue(
                        f"it is empty. Leave it out for {', '.join(variable.default)}, or name at"
                        " least one."
                    )
                return checked, problems
            if variable.type in ("path", "key"):
                return self._path(variable, value), []
            return SCALARS[variable.type](variable, value), []
        except WrongValue as error:
            return None, [f"{place}: {error}"]

    def _path(self, variable: Variable, value: object) -> str:
        text = to_text(variable, value)
        if variable.type == "key" and ("{" in text or "-----BEGIN" in text):
            return text
        path = os.path.expanduser(os.path.expandvars(text.strip()))
        if not os.path.isabs(path) and not self.directory:
            raise WrongValue(
                "it is relative, and the play runs on another host. Set an absolute path."
            )
        path = os.path.normpath(os.path.join(self.directory, path))
        if self.directory:  # otherwise the file is on another host
            _check_path(variable, path)
        return path

    def texts(self, place: str, variable: Variable, value: object) -> Checked:
        """Return the texts of a list, and what is wrong with them."""
        if isinstance(value, str) and not value.lstrip().startswith("["):
            value = split_texts(value)
        elements = _parse(value, Sequence, "a list")
        result: list[str] = []
        problems = []
        for number, element in enumerate(elements):
            try:
                if is_unset(element):
                    raise WrongValue("it is empty. Remove it.")
                result.append(to_text(variable, element))
            except WrongValue as error:
                problems.append(f"{place}[{number}]: {error}")
        return result, problems if len(problems) < 4 else problems[:3] + [_more(place, problems)]

    def serials(self, place: str, variable: Variable, value: object) -> Checked:
        """Return serial numbers as Kandji writes them, and what is wrong with them."""
        if isinstance(value, str) and not value.lstrip().startswith("["):
            value = split_serials(value)
        texts, problems = self.texts(place, variable, value)
        problems += [
            f"{place}: {quote(text)} is an e-mail address. Name the serial number of the Mac."
            for text in texts
            if "@" in text
        ]
        problems += [
            f"{place}: {quote(text)} is more than a serial number. Write each one as an element."
            for text in texts
            if re.search(r"[;,\s]", text.strip())
        ]
        return [text.strip().upper() for text in texts], problems

    def mapping(self, place: str, _variable: Variable, value: object) -> Checked:
        """Return a mapping of texts, and what is wrong with it."""
        result, problems = {}, []
        text = Variable("", "str", "")
        for key, each in _parse(value, Mapping, "a mapping").items():
            plain = each.isoformat() if isinstance(each, datetime.date) else each
            try:
                result[to_text(text, key)] = to_text(text, plain)
            except WrongValue as error:
                problems.append(f"{place}.{key}: {error}")
        return result, problems

    def rings(self, place: str, _variable: Variable, value: object) -> Checked:
        """Return the rings, each with the keys that are set, and what is wrong with them."""
        result, problems = [], []
        for number, element in enumerate(_parse(value, Sequence, _RINGS)):
            ring, wrong = self._ring(f"{place}[{number}]", element)
            result.append(ring)
            problems += wrong
        return result, problems + list(_shared(place, result))

    def _ring(self, place: str, element: object) -> Checked:
        keys = {key.name: key for key in self.declaration.ring}
        if not isinstance(element, Mapping):
            return {}, [f"{place}: {quote(element)} is not a ring. Write its keys, {_LEAST}."]
        ring, problems = {}, []
        for name in element:
            if name not in keys:
                remedy = suggest_name(str(name), keys)
                if isinstance(element[name], Mapping) and keys.keys() & element[name].keys():
                    remedy = f". Write it as 'name: {name}', and its keys next to that."
                problems.append(f"{place}.{name}: a ring has no such key{remedy}")
        for key in keys.values():
            value, wrong = self.check(f"{place}.{key.name}", key, element.get(key.name))
            problems += wrong
            if not wrong and key.remedy and not value:
                problems.append(f"{place}.{key.name}: {MISSING} {key.remedy}")
            if value not in (None, ""):
                ring[key.name] = value
        return ring, problems


def _check_path(variable: Variable, path: str) -> None:
    """Raise WrongValue for a path that is not what the variable needs."""
    if variable.holds == "directory" and os.path.isfile(path):
        raise WrongValue(f"{path} is a file. Set a directory.")
    if variable.holds == "file" and os.path.isdir(path):
        raise WrongValue(f"{path} is a directory. Set the file in it.")
    if variable.holds == "file" and not os.path.exists(path):
        raise WrongValue(f"{path} does not exist. Correct the path.")


def _more(place: str, problems: Sequence[str]) -> str:
    return f"{place}: {len(problems) - 3} more of its values are wrong. Correct them, too."


_LEAST = "at least name and blueprints"
_RINGS = "a list of rings, such as [{name: canary, blueprints: [IT], test_macs: [C02XK1ZAJG5J]}]"


def _shared(place: str, rings: Sequence[Params]) -> Iterator[str]:
    """Yield a sentence for each name of two rings, and each blueprint in two."""
    names: dict[str, int] = {}
    blueprints: dict[str, tuple[int, str]] = {}
    for number, ring in enumerate(rings):
        name = ring.get("name") or ""
        other = names.setdefault(fold_name(name), number) if name else number
        if other != number:
            twin = rings[other]["name"]
            yield (
                f"{place}[{number}].name: {place}[{other}] has the name {quote(twin)}, too."
                f" Give each ring its own name.{tell_apart(name, twin)}"
            )
        for blueprint in ring.get("blueprints") or ():
            other, twin = blueprints.setdefault(fold_name(blueprint), (number, blueprint))
            if other != number:
                yield (
                    f"{place}[{number}].blueprints: {quote(blueprint)} is in {place}[{other}], too"
                    f"{_spelled(blueprint, twin)}. Leave it in one ring.{_by_id(blueprint, twin)}"
                )


def _spelled(name: str, twin: str) -> str:
    return f", as {quote(twin)}" if name != twin else ""


def _by_id(name: str, twin: str) -> str:
    """Return what else to do about two spellings: whether Kandji tells them apart is unknown."""
    if name == twin or UUID.fullmatch(name):
        return ""
    return " If they are two blueprints, name both by their ids."


def quote(value: object) -> str:
    """Return a value for a message: printable and short."""
    text = repr(str(value)) if isinstance(value, str) else describe_kind(value)
    if isinstance(value, (bool, int, float)):
        text = repr(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 4]}...'"


def describe_kind(value: object) -> str:
    """Return what a value is, such as "a list"."""
    return next((kind for kinds, kind in KINDS if isinstance(value, kinds)), "not a text")


def _parse(value: object, wanted: t.Any, kind: str) -> t.Any:
    """Return a value that is, or whose YAML or JSON text describes, a list or a mapping."""
    parsed = value
    if isinstance(value, str):
        try:
            parsed = yaml.safe_load(value)
        except (yaml.YAMLError, ValueError, RecursionError):
            raise WrongValue(f"its text is not YAML or JSON. Write {kind}.") from None
    if isinstance(parsed, (str, bytes)) or not isinstance(parsed, wanted):
        raise WrongValue(f"it is {describe_kind(parsed)}. Write {kind}.")
    return parsed


def to_name(variable: Variable, value: object) -> str:
    """Return the value of a variable that is one text, without the blanks around it.

    An answer in AWX, or a copied line, may have them. A secret is kept as it is. Raise WrongValue.
    """
    is_word = isinstance(value, str) and not (variable.secret or variable.multiline)
    return to_text(variable, str(value).strip() if is_word else value)


def to_text(variable: Variable, value: object) -> str:
    """Return the value of a variable that is a text. Raise WrongValue."""
    if not isinstance(value, str):
        kind = describe_kind(value)
        is_scalar = isinstance(value, (bool, int, float, datetime.date))
        raise WrongValue(f"it is {kind}. {'Put it in quotes' if is_scalar else 'Set a text'}.")
    text = str(value)
    _check_characters(variable, text)
    if variable.key in SECRETS:
        _read_option(SECRETS[variable.key], text)
    if variable.choices and text not in variable.choices:
        close = difflib.get_close_matches(text, variable.choices, n=1, cutoff=0.6)
        hint = f"; did you mean '{close[0]}'? Set" if close else ". Set"
        wrong = f"{quote(text)} is not a valid value{hint}"
        raise WrongValue(f"{wrong} one of {', '.join(variable.choices)}.")
    if variable.pattern and not re.fullmatch(variable.pattern, text):
        raise WrongValue(f"{quote(text)} is not valid. Write it like '{variable.default}'.")
    return text


def _check_characters(variable: Variable, text: str) -> None:
    allowed = "\n\r\t" if variable.multiline or variable.type == "key" else ""
    if any(unicodedata.category(each) in ("Cc", "Cs") and each not in allowed for each in text):
        raise WrongValue("it has a line break or another control character. Remove it.")
    if invisible := next((each for each in text if each in INVISIBLE), None):
        raise WrongValue(
            f"it has an invisible character (U+{ord(invisible):04X}), as copied texts may have."
            " Remove it."
        )
    if len(text) > LONGEST_TEXT and not (variable.multiline or variable.secret):
        raise WrongValue(f"it has {len(text)} characters. Use at most {LONGEST_TEXT}.")


def to_boolean(_variable: Variable, value: object) -> bool:
    """Return the value of a variable that is a boolean. Raise WrongValue."""
    if isinstance(value, bool):
        return value
    known = BOOLEANS.get(str(value).strip().lower()) if isinstance(value, (str, int)) else None
    if known is None:
        raise WrongValue(f"{quote(value)} is not a boolean. Set true or false.")
    return known


def to_integer(variable: Variable, value: object) -> int:
    """Return the value of a variable that is a whole number. Raise WrongValue."""
    limits = f"from {variable.minimum} to {variable.maximum}"
    text = str(value).strip()
    if isinstance(value, float) and value.is_integer():
        text = f"{value:.0f}"
    if isinstance(value, bool) or not re.fullmatch(r"[+-]?[0-9]+", text):
        raise WrongValue(f"{quote(value)} is not a whole number. Set one {limits}.")
    if re.match(r"[+-]?0[0-9]", text):  # YAML reads it as an octal number, other sources do not
        raise WrongValue(f"{quote(value)} begins with a zero. Write the number without it.")
    if len(text) > 20 or not variable.minimum <= int(text) <= variable.maximum:
        raise WrongValue(f"{quote(value)} is out of range. Set a number {limits}.")
    return int(text)


def to_origin(variable: Variable, value: object) -> str:
    """Return the value of a variable that is the URL of a host. Raise WrongValue."""
    text = to_text(variable, value).strip()
    parse = ORIGINS.get(variable.key, functools.partial(parse_origin, variable.key))
    return _read_option(parse, text)


def _check_webhook(url: str) -> None:
    """Raise BadOption for a text that nothing can be posted to. The message never holds it."""
    parts = split_url(url.strip())
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise BadOption("notify_url: it is not a URL. Set the webhook whole, with https://.")


def _read_option(read: Callable[[str], Answer], text: str) -> Answer:
    """Return what a function of a module's option returns. Raise WrongValue.

    The messages of these functions begin with the name of the option.
    """
    try:
        return read(text)
    except BadOption as error:
        raise WrongValue(error.message.partition(": ")[2]) from None


# Secret variables -> the check of the option of this name. No message holds the secret.
SECRETS: Mapping[str, Callable[[str], None]] = {
    "okta_api_token": functools.partial(check_okta_token, "okta_api_token"),
    "okta_access_token": functools.partial(check_okta_token, "okta_access_token"),
    "kandji_api_token": check_api_token,
    "scep_challenge": check_challenge,
    "notify_url": _check_webhook,
}
# Variables that are the URL of a vendor -> what parses the option of this name.
ORIGINS: Mapping[str, Callable[[str], str]] = {
    "okta_org_url": parse_org_url,
    "kandji_api_url": parse_api_url,
}


TEXTS = ("str", "url", "path", "key")
# Zero-width and bidirectional characters that no name needs. Joiners are part of some scripts.
INVISIBLE = frozenset("\u200b\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
SCALARS: Mapping[str, Callable[[Variable, object], object]] = {
    "str": to_name,
    "bool": to_boolean,
    "int": to_integer,
    "url": to_origin,
}
# Types of several values -> the method of Checker that reads them.
LISTS = {"list": "texts", "serials": "serials", "dict": "mapping", "rings": "rings"}
