# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the reading of the System Log stands, and how it goes on."""

from __future__ import annotations

import json
import typing as t
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    BadOption,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta import log_follower
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.eda_events import Seen
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import LogEvent

ORG, FILTER = "https://acme.okta.com", 'eventType sw "pki."'
NOW = datetime(2026, 11, 26, 10, 0, tzinfo=timezone.utc)
READ_TO = "2026-11-26T08:00:00.000Z"
QUERY = {"after": "c1"}
STATE = {
    "version": 1,
    "org": ORG,
    "filter": FILTER,
    "read_to": READ_TO,
    "query": QUERY,
    "seen": ["e1", "e2"],
}


def parse(**values: t.Any) -> log_follower.Position:
    return log_follower.parse(json.dumps({**STATE, **values}), ORG, FILTER, "log.json")


# The file


def test_a_position_is_read_as_it_was_written() -> None:
    position = parse()
    assert (position.org, position.log_filter, position.read_to) == (ORG, FILTER, READ_TO)
    assert position.query == QUERY and position.seen.newest(9) == ["e1", "e2"]
    assert log_follower.render(position) == json.dumps(STATE, separators=(",", ":")) + "\n"


def test_a_position_before_the_first_page_has_no_query() -> None:
    assert parse(query=None).query is None


def test_texts_of_a_query_and_ids_are_texts() -> None:
    position = parse(query={"limit": 100}, seen=[1], read_to=READ_TO)
    assert position.query == {"limit": "100"} and "1" in position.seen


def test_the_file_holds_the_newest_2000_ids() -> None:
    position = parse(seen=[str(number) for number in range(2001)])
    seen = json.loads(log_follower.render(position))["seen"]
    assert len(seen) == 2000 and seen[0] == "1" and seen[-1] == "2000"


def test_the_cursor_of_another_filter_is_not_used() -> None:
    position = parse(filter="other")
    assert position.query is None and position.log_filter == FILTER
    assert position.read_to == READ_TO and "e1" in position.seen


UNREADABLE = (
    "state_file: log.json is not readable as a position in the log; remove the file to start again"
    " from since."
)


@pytest.mark.parametrize(
    "values, problem",
    [
        ({"read_to": "yesterday"}, UNREADABLE),
        ({"query": "c1"}, UNREADABLE),
        ({"seen": None}, UNREADABLE),
        (
            {"version": 2},
            "state_file: log.json is of version 2 and this collection writes 1; use the collection"
            " that wrote it.",
        ),
        (
            {"org": "https://other.okta.com"},
            "state_file: log.json is of https://other.okta.com, and the org is"
            " https://acme.okta.com; give each org a file of its own.",
        ),
    ],
)
def test_a_file_that_is_not_the_position_of_this_org_is_refused(
    values: dict[str, t.Any], problem: str
) -> None:
    with pytest.raises(BadOption) as raised:
        parse(**values)
    assert raised.value.message == problem


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", "7"])
def test_a_file_of_another_form_is_not_readable(text: str) -> None:
    with pytest.raises(BadOption) as raised:
        log_follower.parse(text, ORG, FILTER, "log.json")
    assert raised.value.message == UNREADABLE


def test_a_position_outlives_its_reader(tmp_path: Path) -> None:
    path = tmp_path / "new" / "log.json"
    assert log_follower.load(str(path), ORG, FILTER) is None
    log_follower.save(str(path), parse())
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    read = log_follower.load(str(path), ORG, FILTER)
    assert read is not None and log_follower.render(read) == log_follower.render(parse())
    log_follower.save(str(path), parse(seen=["e9"]))
    assert "e9" in path.read_text()


def test_a_position_in_the_current_directory_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    log_follower.save("log.json", parse())
    assert (tmp_path / "log.json").is_file()


def test_a_file_that_cannot_be_read_or_written_is_an_error_of_its_option(tmp_path: Path) -> None:
    with pytest.raises(BadOption) as raised:
        log_follower.load(str(tmp_path), ORG, FILTER)
    assert raised.value.message == (
        f"state_file: {tmp_path} cannot be read (IsADirectoryError); check it and its permissions."
    )
    (tmp_path / "latin").write_bytes(b"\xff")
    with pytest.raises(BadOption, match=r"cannot be read \(UnicodeDecodeError\)"):
        log_follower.load(str(tmp_path / "latin"), ORG, FILTER)
    below_a_file = tmp_path / "latin" / "log.json"
    with pytest.raises(BadOption) as raised:
        log_follower.save(str(below_a_file), parse())
    assert raised.value.message == (
        f"state_file: {below_a_file} cannot be written (File exists); check the directory and"
        " its permissions."
    )


# Where it begins


@pytest.mark.parametrize(
    "since, read_to",
    [
        (None, "2026-11-26T10:00:00.000Z"),
        ("2026-11-20T00:00:00Z", "2026-11-20T00:00:00.000Z"),
        # Okta keeps 90 days
        ("2026-01-01T00:00:00Z", "2026-08-28T10:00:00.000Z"),
    ],
)
def test_the_reading_begins_now_or_at_a_time_that_the_log_still_holds(
    since: str | None, read_to: str
) -> None:
    position = log_follower.begin(ORG, FILTER, since, NOW)
    assert (position.org, position.log_filter, position.read_to) == (ORG, FILTER, read_to)
    assert position.query is None and position.seen.newest(9) == []


@pytest.mark.parametrize(
    "read_to, since",
    [(READ_TO, READ_TO), ("2026-01-01T00:00:00.000Z", "2026-08-28T10:00:00.000Z")],
)
def test_the_first_query_asks_for_the_oldest_events_first(read_to: str, since: str) -> None:
    assert log_follower.first_query(parse(read_to=read_to), NOW, 100) == {
        "filter": FILTER,
        "since": since,
        "sortOrder": "ASCENDING",
        "limit": "100",
    }


# A page


class FakeOkta:
    """An org whose log answers with these pages; an exception is raised."""

    def __init__(self, *answers: t.Any) -> None:
        self.transport = SimpleNamespace(now=NOW.timestamp)
        self.answers, self.queries = list(answers), []

    def log_page(self, query: dict[str, str]) -> t.Any:
        self.queries.append(query)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def event(uuid: str) -> LogEvent:
    return LogEvent(uuid)


def page(
    position: log_follower.Position, *answers: t.Any, limit: int = 3
) -> tuple[log_follower.Page, FakeOkta, list[str]]:
    okta, lost = FakeOkta(*answers), []
    follower = log_follower.Follower(t.cast(t.Any, okta), limit, lost.append)
    return follower.page(position), okta, lost


def test_a_page_has_the_new_events_once_in_the_order_of_the_log() -> None:
    events = [event("e3"), event("e1"), event("e4"), event("e3")]
    read, okta, lost = page(parse(), (events, {"after": "c2"}), limit=9)
    assert read.events == [event("e3"), event("e4")]
    assert okta.queries == [QUERY] and lost == []
    assert read.position.query == {"after": "c2"}


@pytest.mark.parametrize("uuids", ["a", "abc", ["e1", "e2"]])
def test_a_page_with_events_is_followed_at_once_however_short_it_is(uuids: t.Sequence[str]) -> None:
    """Okta may return fewer events than the limit, and link to more."""
    read, _okta, _lost = page(parse(), ([event(uuid) for uuid in uuids], {"after": "c2"}))
    assert read.has_more and read.position.read_to == READ_TO


def test_an_empty_page_ends_the_reading_up_to_the_hour_in_which_events_may_come_late() -> None:
    read, _okta, _lost = page(parse(), ([], {"after": "c2"}))
    assert not read.has_more and read.position.read_to == "2026-11-26T09:00:00.000Z"


def test_a_page_without_a_link_is_not_followed_at_once() -> None:
    read, _okta, _lost = page(parse(), ([event(uuid) for uuid in "abc"], {}))
    assert not read.has_more
    assert read.position.read_to == READ_TO and read.position.query is None


def test_a_link_to_the_same_page_is_not_followed_at_once() -> None:
    read, _okta, _lost = page(parse(), ([event("e1")], QUERY))
    assert not read.has_more


def test_a_backlog_of_a_day_is_not_lost_with_its_cursor() -> None:
    position = parse(read_to="2026-11-25T10:00:00.000Z")
    pages = [([event(f"e{number}{each}") for each in range(80)], {"after": "x"}) for number in "34"]
    for answer in pages:
        position = page(position, answer, limit=100)[0].position
    _read, okta, lost = page(position, refused(400), ([], {"after": "c9"}), limit=100)
    assert lost == ["2026-11-25T10:00:00.000Z"]
    assert okta.queries[1]["since"] == "2026-11-25T10:00:00.000Z"


def test_the_time_up_to_which_all_was_read_never_goes_back() -> None:
    later = "2026-11-26T09:59:00.000Z"
    read, _okta, _lost = page(parse(read_to=later), ([], QUERY))
    assert read.position.read_to == later


def test_a_position_without_a_query_begins_with_the_first() -> None:
    position = parse(query=None)
    _read, okta, _lost = page(position, ([], QUERY))
    assert okta.queries == [log_follower.first_query(position, NOW, 3)]


def refused(status: int) -> ApiError:
    return ApiError("Okta refused.", status=status)


def test_where_okta_does_not_know_the_cursor_it_reads_on_by_time() -> None:
    position = parse()
    read, okta, lost = page(position, refused(400), ([event("e3")], {"after": "c9"}))
    assert okta.queries == [QUERY, log_follower.first_query(position, NOW, 3)]
    assert lost == [READ_TO] and read.events == [event("e3")]
    assert read.position.query == {"after": "c9"}


@pytest.mark.parametrize("query, status", [(QUERY, 403), (QUERY, 500), (None, 400)])
def test_another_refusal_is_an_error(query: dict[str, str] | None, status: int) -> None:
    with pytest.raises(ApiError):
        page(parse(query=query), refused(status))


def test_a_position_begins_with_nothing_seen() -> None:
    first, second = (log_follower.begin(ORG, FILTER, None, NOW) for _each in range(2))
    first.seen.add("e1")
    assert isinstance(second.seen, Seen) and "e1" not in second.seen


def test_a_file_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(BadOption, match="^state_file: /state is not readable as a position"):
        log_follower.parse("[" * 100_000, "https://acme.okta.com", "", "/state")
