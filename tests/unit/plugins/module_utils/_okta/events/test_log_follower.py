# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the reading of the System Log stands, and how it goes on."""

from __future__ import annotations

import json
import os
import typing as t
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    BadOption,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events import (
    log_follower,
)
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
    "handed": {"e1": READ_TO, "e2": READ_TO},
}


def parse(**values: t.Any) -> log_follower.Position:
    return log_follower.parse(json.dumps({**STATE, **values}), ORG, FILTER, "log.json")


# The file


def test_a_position_is_read_as_it_was_written() -> None:
    position = parse()
    assert (position.org, position.log_filter, position.read_to) == (ORG, FILTER, READ_TO)
    assert position.query == QUERY and [*position.handed.as_dict()] == ["e1", "e2"]
    assert log_follower.render(position) == json.dumps(STATE, separators=(",", ":")) + "\n"


def test_a_position_before_the_first_page_has_no_query() -> None:
    assert parse(query=None).query is None


def test_numbers_of_a_query_are_texts() -> None:
    assert parse(query={"limit": 100}).query == {"limit": "100"}


def test_a_uuid_is_kept_for_two_hours_of_reading() -> None:
    """An event that came an hour late into the log may be read again with the hour before."""
    handed = log_follower.Handed()
    for uuid, read_to in (
        ("e1", "07:59:59.999Z"),
        ("e2", "08:00:00.000Z"),
        ("e3", "10:00:00.000Z"),
    ):
        handed.add(uuid, f"2026-11-26T{read_to}")
    handed.forget("2026-11-26T10:00:00.000Z")
    assert [*handed.as_dict()] == ["e2", "e3"] and "e1" not in handed


def test_the_newest_50000_uuids_are_kept() -> None:
    handed = log_follower.Handed()
    for number in range(50_001):
        handed.add(str(number), READ_TO)
    assert len(handed) == 50_000 and "0" not in handed and "1" in handed and "50000" in handed


def test_an_event_without_a_uuid_is_known_by_its_content() -> None:
    first, second = (LogEvent(row={"eventType": "pki", "n": number}) for number in (1, 2))
    again = LogEvent(row={"n": 1, "eventType": "pki"})
    assert log_follower.key_of(first) == log_follower.key_of(again) != log_follower.key_of(second)
    assert log_follower.key_of(LogEvent("e1")) == "e1"
    assert len(log_follower.key_of(LogEvent(row={"name": "\ud800"}))) == 64


def test_the_cursor_of_another_filter_is_not_used() -> None:
    position = parse(filter="other")
    assert position.query is None and position.log_filter == FILTER
    assert position.read_to == READ_TO and "e1" in position.handed


UNREADABLE = (
    "state_file: log.json is not readable as a position in the log. Remove the file, and set since."
)


@pytest.mark.parametrize(
    "values, problem",
    [
        ({"read_to": "yesterday"}, UNREADABLE),
        ({"query": "c1"}, UNREADABLE),
        ({"handed": None}, UNREADABLE),
        ({"handed": ["e1"]}, UNREADABLE),
        ({"handed": {"e1": "late"}}, UNREADABLE),
        (
            {"version": 2},
            "state_file: log.json is of version 2 and this collection writes 1. Use the collection"
            " that wrote it.",
        ),
        (
            {"org": "https://other.okta.com"},
            "state_file: log.json is of https://other.okta.com, and the org is"
            " https://acme.okta.com. Give each org a file of its own.",
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
    log_follower.save(str(path), parse(handed={"e9": READ_TO}))
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
        f"state_file: {tmp_path} cannot be read (it is not a regular file). Check it and its"
        " permissions."
    )
    (tmp_path / "latin").write_bytes(b"\xff")
    os.utime(tmp_path / "latin", (NOW.timestamp(), NOW.timestamp()))
    with pytest.raises(BadOption) as raised:
        log_follower.load(str(tmp_path / "latin"), ORG, FILTER)
    assert raised.value.message == (
        f"state_file: {tmp_path}/latin is not readable as a position in the log. Remove the file,"
        " and set since to 2026-11-26T09:00:00Z, an hour before it was written."
    )
    below_a_file = tmp_path / "latin" / "log.json"
    with pytest.raises(BadOption) as raised:
        log_follower.save(str(below_a_file), parse())
    assert raised.value.message == (
        f"state_file: {below_a_file} cannot be written (File exists). Check the directory and"
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
    assert position.query is None and len(position.handed) == 0


def test_the_future_is_not_a_beginning() -> None:
    assert log_follower.begin(ORG, FILTER, "2026-11-26T10:04:59Z", NOW).read_to > READ_TO
    with pytest.raises(BadOption) as raised:
        log_follower.begin(ORG, FILTER, "2026-11-26T10:05:01Z", NOW)
    assert raised.value.message == (
        "since: 2026-11-26T10:05:01Z is later than 2026-11-26T10:00:00Z, the time at Okta. Use an"
        " earlier time."
    )


def test_a_time_of_the_file_that_is_in_the_future_is_not_believed() -> None:
    """The cursor says how far the log was read. Without one nothing does."""
    just_now = parse(read_to="2026-11-26T10:05:00.000Z")
    assert log_follower.correct_future(just_now, "log.json", NOW) is just_now
    later = "2026-11-26T10:05:00.001Z"
    position = log_follower.correct_future(parse(read_to=later), "log.json", NOW)
    assert position.read_to == "2026-11-26T09:00:00.000Z"
    assert position.query == QUERY and "e1" in position.handed
    with pytest.raises(BadOption) as raised:
        log_follower.correct_future(parse(read_to=later, query=None), "log.json", NOW)
    assert raised.value.message == (
        f"state_file: log.json says that the log was read to {later}, and it is"
        " 2026-11-26T10:00:00Z at Okta. Remove the file, and set since to when events were last"
        " handed on."
    )


def test_what_okta_does_not_keep_any_more_is_a_loss() -> None:
    assert log_follower.describe_loss(parse(read_to="2026-08-28T10:00:00.000Z"), NOW) is None
    assert log_follower.describe_loss(parse(read_to="2026-08-28T09:59:59.999Z"), NOW) == (
        "The log was last read at 2026-08-28T09:59:59.999Z, and Okta keeps 90 days of it. Older"
        " events are lost."
    )


def test_a_file_is_of_one_process(tmp_path: Path) -> None:
    path = str(tmp_path / "new" / "log.json")
    with log_follower.lock(path):
        with pytest.raises(BadOption) as raised, log_follower.lock(path):
            pass
        assert raised.value.message == (
            f"state_file: {path} is in use by another process. Give each rulebook a file of its own."
        )
    with log_follower.lock(path):
        pass
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(BadOption, match="cannot be written"),
        log_follower.lock(str(tmp_path / "file" / "log.json")),
    ):
        pass


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


LOST = (
    "Okta does not know any more where the reading of its log stood; it is read again from {} on."
)


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


def event(uuid: str, published: str | None = None) -> LogEvent:
    return LogEvent(uuid, published=published)


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


def test_an_event_without_a_uuid_is_handed_on_with_a_warning() -> None:
    read, _okta, warned = page(parse(), ([event("a"), event("")], {"after": "c2"}))
    assert len(read.events) == 2
    assert warned == [
        "Okta: an event of listLogEvents has no uuid that can be read. It is handed on as Okta shows"
        " it, and may be handed on again."
    ]


def test_a_page_without_a_link_is_read_again() -> None:
    """Okta always links on: without it nobody knows what follows."""
    read, okta, warned = page(parse(), ([event(uuid) for uuid in "abc"], {}))
    assert not read.has_more and len(read.events) == 3
    assert read.position.read_to == READ_TO and read.position.query == QUERY
    assert warned == [
        "Okta's answer names no next page, which it always does: a proxy may have removed its Link"
        " header. The same page is read again."
    ]
    read, _okta, _warned = page(parse(), ([], {}))
    assert read.position.read_to == READ_TO


def test_links_that_lead_round_in_a_circle_are_followed_with_pauses() -> None:
    okta = FakeOkta(*[([event("e1")], {"after": f"c{number % 2}"}) for number in range(503)])
    follower = log_follower.Follower(t.cast(t.Any, okta), 3, lambda _text: None)
    position, more = parse(), []
    for _page in range(503):
        read = follower.page(position)
        position, more = read.position, [*more, read.has_more]
    assert more == [*[True] * 500, *[False] * 3]
    okta.answers = [([event("new")], {"after": "c2"})]
    assert follower.page(position).has_more


@pytest.mark.parametrize(
    "published, read_to",
    [
        ([None], READ_TO),
        (["2026-11-26T09:30:00Z", None, "2026-11-26T09:45:00Z"], "2026-11-26T08:45:00.000Z"),
        (["2026-11-26T08:30:00Z"], READ_TO),
        (["2099-01-01T00:00:00Z"], "2026-11-26T09:00:00.000Z"),
        ([], "2026-11-26T09:00:00.000Z"),
    ],
)
def test_all_was_read_up_to_an_hour_before_the_newest_event(
    published: list[str | None], read_to: str
) -> None:
    events = [event(str(number), each) for number, each in enumerate(published)]
    read, _okta, _warned = page(parse(), (events, {"after": "c2"}))
    assert read.position.read_to == read_to


def test_a_link_to_the_same_page_is_not_followed_at_once() -> None:
    read, _okta, _lost = page(parse(), ([event("e1")], QUERY))
    assert not read.has_more


def test_a_backlog_of_a_day_is_not_lost_with_its_cursor() -> None:
    position = parse(read_to="2026-11-25T10:00:00.000Z")
    pages = [([event(f"e{number}{each}") for each in range(80)], {"after": "x"}) for number in "34"]
    for answer in pages:
        position = page(position, answer, limit=100)[0].position
    _read, okta, lost = page(position, refused(400), ([], {"after": "c9"}), limit=100)
    assert lost == [LOST.format("2026-11-25T10:00:00.000Z")]
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
    assert lost == [LOST.format(READ_TO)] and read.events == [event("e3")]
    assert read.position.query == {"after": "c9"}


@pytest.mark.parametrize("query, status", [(QUERY, 403), (QUERY, 500), (None, 400)])
def test_another_refusal_is_an_error(query: dict[str, str] | None, status: int) -> None:
    with pytest.raises(ApiError):
        page(parse(query=query), refused(status))


def test_a_position_begins_with_nothing_seen() -> None:
    first, second = (log_follower.begin(ORG, FILTER, None, NOW) for _each in range(2))
    first.handed.add("e1", READ_TO)
    assert "e1" not in second.handed


def test_a_file_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(BadOption, match="^state_file: /state is not readable as a position"):
        log_follower.parse("[" * 100_000, "https://acme.okta.com", "", "/state")
