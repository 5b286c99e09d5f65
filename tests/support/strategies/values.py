# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single values of vendors and options, and rows in which some of them are odd.

``changed_rows`` draws a row that a vendor may return: one of a list, in which up to two places are
missing or hold an odd value. A vendor may leave a key out, send null, or add a value to an enum.
"""

from __future__ import annotations

import copy
import math
import typing as t
from datetime import datetime, timedelta, timezone

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from hypothesis import strategies as st

Json = dict[str, t.Any]
Result = t.TypeVar("Result")

NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
# The forms in which Okta and Kandji were recorded to write a timestamp.
TIME_FORMS = (
    "%Y-%m-%dT%H:%M:%S.000Z",
    "%Y-%m-%dT%H:%M:%S.822Z",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S.302938Z",
    "%Y-%m-%d %H:%M:%S+00:00",
    "%Y-%m-%dT%H:%M:%S.302938+00:00",
    "%Y-%m-%dT%H:%M:%S+02:00",
)
# What is not a timestamp, or not one that anybody can compute with.
ODD_TIMES: tuple[object, ...] = (
    None,
    "",
    "yesterday",
    "0000-00-00T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999Z",
    "9999-12-31T23:59:59-12:00",
    "1970-01-01T00:00:00Z",
    1758251799,
    True,
)
# Serials of Macs, of virtual Macs (with punctuation), and parts of one another.
SERIALS = ("C02XK1ZAJG5J", "C02XK1ZAJG5", "c02xk1zajg5j", "Z1A-2.3/b", "FVFXC2ABCDEF", "serial")
ODD_SERIALS: tuple[object, ...] = (None, "", " ", " C02XK1ZAJG5J ", "NOT AVAILABLE", 0, "İ")
UUIDS = (
    "0a1b0000-0000-4000-8000-00000000000a",
    "0A1B0000-0000-4000-8000-00000000000B",
    "ffffffff-ffff-4fff-8fff-ffffffffffff",
    "00000000-0000-0000-0000-000000000000",
)
# Words that no vendor documents, and forms of known words.
UNKNOWN_WORDS = ("UNKNOWN_TO_US", "Active", "managed", "PASS ", "0", "null")
# Texts that people and vendors give to names and logs.
ODD_TEXTS = (
    "",
    " ",
    "Ünïcode ☃",
    "two\nlines",
    "a\x00b",
    "\x1b[31mred",
    "\ud800",
    "İ",
    "=1+1",
    "{{ 7 * 7 }}",
    "<script>",
    "../../etc/passwd",
    "null",
    "x" * 10_000,
)
HOSTILE: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    1 << 64,
    10**400,
    math.nan,
    math.inf,
    "",
    "\ud800",
    "x" * 10_000,
    [],
    {},
    [None],
    ["a", 1, None],
    [[]],
    {"a": None},
    {"": {}},
    "yesterday",
)

texts = st.sampled_from(("Ada's Mac", "Okta SCEP - canary", "a", *ODD_TEXTS))
names = st.sampled_from(("canary", "Engineering", "Sales & Ops", "a b", "Ünïcode ☃", "'"))
hostile = st.sampled_from(HOSTILE).map(copy.deepcopy)
serials = st.sampled_from((*SERIALS, *ODD_SERIALS))
unknown_words = st.sampled_from(UNKNOWN_WORDS)


@st.composite
def times(draw: st.DrawFn, days: int = 120) -> str:
    """Return a timestamp in a recorded form, at most so many days from NOW."""
    seconds = draw(st.integers(-days * 86400, days * 86400))
    return (NOW + timedelta(seconds=seconds)).strftime(draw(st.sampled_from(TIME_FORMS)))


def any_time(days: int = 120) -> st.SearchStrategy[t.Any]:
    """Return timestamps, and what is not one."""
    return st.one_of(times(days), times(days), st.sampled_from(ODD_TIMES))


def datetimes(days: int = 120) -> st.SearchStrategy[datetime]:
    """Return points in time around NOW, in whole hours, so that some are equal."""
    return st.integers(-days * 24, days * 24).map(lambda hours: NOW + timedelta(hours=hours))


def _places(value: t.Any) -> t.Iterator[tuple[t.Any, t.Any]]:
    """Yield each place in a nested value: what holds it, and its key or index."""
    keys: t.Iterable[t.Any] = ()
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = range(len(value))
    for key in keys:
        yield value, key
        yield from _places(value[key])


@st.composite
def changed_rows(
    draw: st.DrawFn,
    rows: t.Sequence[t.Any],
    values: st.SearchStrategy[t.Any] = hostile,
    most: int = 2,
) -> t.Any:
    """Return one of the rows, in which up to ``most`` places are missing or hold another value."""
    row = copy.deepcopy(draw(st.sampled_from(rows)))
    for _change in range(draw(st.integers(0, most))):
        places = list(_places(row))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        if draw(st.booleans()):
            del holder[key]
        else:
            holder[key] = draw(values)
    return row


def outcome_of(decide: t.Callable[[], Result]) -> Result | DeviceTrustError:
    """Return a result, or the refusal. Any other error than ours fails the test."""
    try:
        return decide()
    except DeviceTrustError as error:
        assert_sentence(error.message)
        return error


def assert_sentence(message: str) -> None:
    """Assert that a message is a sentence for people."""
    assert message[-1:] in (".", "?"), message
    assert " " in message.strip()
