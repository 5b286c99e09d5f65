# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The System Log in Okta's management API."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from lab.http import Answer, Call, Operation
from lab.okta.errors import refuse
from lab.okta.filters import BadFilter, Unsupported
from lab.okta.operation_base import read_operation
from lab.okta.org import Org
from lab.okta.paging import build_page, make_cursor, read_number, read_position
from lab.okta.system_log.events import LogQuery, compile_log_filter, read_page
from lab.okta.timestamps import parse_timestamp

OLDEST_SINCE = timedelta(days=180)
DEFAULT_WINDOW = timedelta(days=7)


class LogOperations:
    """The operation that reads the System Log of an org."""

    def __init__(self, org: Org) -> None:
        self.org = org

    def operations(self) -> list[Operation]:
        """Return the operation."""
        return [read_operation("listLogEvents", "/api/v1/logs", self._list_log_events)]

    def _list_log_events(self, call: Call) -> Answer:
        query = self._log_query(call)
        events, reached = read_page(self.org.log, query)
        return build_page(
            call,
            [event.as_dict() for event in events],
            None if reached is None else make_cursor(reached),
        )

    def _log_query(self, call: Call) -> LogQuery:
        order = call.query.get("sortOrder", "ASCENDING")
        if order not in ("ASCENDING", "DESCENDING"):
            refuse("E0000001", "sortOrder")
        now = self.org.now()
        until = _timestamp(call, "until")
        since = _timestamp(call, "since") or (until or now) - DEFAULT_WINDOW
        if since < now - OLDEST_SINCE:
            refuse("E0000053", "since is over 180 days ago")
        self.org.log.forget(now)
        return LogQuery(
            now,
            since,
            until,
            self._log_filter(call),
            read_number(call, "limit", 100, 0, 1000),
            order == "DESCENDING",
            after=read_position(call) if "after" in call.query else None,
        )

    def _log_filter(self, call: Call) -> t.Callable[[t.Any], bool]:
        words = call.query.get("q", "").split()
        if len(words) > 10 or any(len(word) > 40 for word in words):
            refuse("E0000001", "q", ["q takes at most 10 words of at most 40 characters."])
        try:
            matches = compile_log_filter(call.query["filter"]) if call.query.get("filter") else None
        except BadFilter as problem:
            refuse("E0000053", str(problem))
        except Unsupported as problem:
            refuse("E0000031", causes=[str(problem)])
        has_words = self.org.log.holding(words) if words else None
        return lambda event: (
            (matches is None or matches(event)) and (has_words is None or has_words(event))
        )


def _timestamp(call: Call, name: str) -> t.Any:
    try:
        return parse_timestamp(call.query[name]) if name in call.query else None
    except ValueError as problem:
        refuse("E0000001", name, [str(problem)])
