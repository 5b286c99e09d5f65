# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The position in the log: read as it was written, and never beyond what was read."""

from __future__ import annotations

import json
import typing as t
from datetime import datetime

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.timestamps import (
    format_milliseconds,
    parse_timestamp,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.constants import (
    LOG_RETENTION,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.log_follower import (
    Handed,
    Position,
    begin,
    first_query,
    parse,
    render,
)
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.strategies.values import (
    NOW,
    any_time,
    changed_rows,
    datetimes,
    outcome_of,
    texts,
)

ORG, FILTER, WHERE = "https://acme.okta.com", 'eventType sw "pki."', "/var/state"
milliseconds = datetimes(200).map(format_milliseconds)
positions = st.builds(
    Position,
    st.just(ORG),
    st.just(FILTER),
    milliseconds,
    st.one_of(st.none(), st.dictionaries(st.sampled_from(("after", "since")), texts)),
    st.dictionaries(st.uuids().map(str), milliseconds, max_size=3).map(Handed),
)
ROW = {
    "version": 1,
    "org": ORG,
    "filter": FILTER,
    "read_to": "2026-11-20T21:56:17.822Z",
    "query": {"after": "1"},
    "handed": {"a": "2026-11-20T21:56:17.822Z"},
}


@given(positions)
def test_a_position_is_read_as_it_was_written(position: Position) -> None:
    text = render(position)
    again = parse(text, ORG, FILTER, WHERE)
    assert render(again) == text and again.query == position.query
    assert parse(text, ORG, "another", WHERE).query is None
    assert isinstance(
        outcome_of(lambda: parse(text, "https://beta.okta.com", FILTER, WHERE)), DeviceTrustError
    )


@given(changed_rows([ROW]).map(json.dumps))
@example("[" * 100_000)
@example("")
@example("null")
@example("9" * 5000)
def test_a_file_of_any_form_is_read_or_refused(text: str) -> None:
    position = outcome_of(lambda: parse(text, ORG, FILTER, WHERE))
    if isinstance(position, Position):
        first_query(position, NOW, 100)
        render(position)


@given(any_time(200), datetimes(1))
def test_reading_begins_within_what_okta_keeps(since: t.Any, now: datetime) -> None:
    option = None if since is None else str(since)
    position = outcome_of(lambda: begin(ORG, FILTER, option, now))
    if isinstance(position, Position):
        start = parse_timestamp(position.read_to)
        assert start is not None and start >= now - LOG_RETENTION - (now - now)
        query = first_query(position, now, 100)
        assert query["since"] >= position.read_to[:10] and query["filter"] == FILTER
