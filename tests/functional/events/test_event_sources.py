# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event sources in this process, as ansible-rulebook runs them.

By their path, with a queue, against the lab's org.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import typing as t
from dataclasses import replace
from unittest import mock

import pytest
import requests

from lab.okta.devices.records import DeviceFacts
from lab.okta.system_log.events import Event
from lab.tls import make_server_certificate
from tests.functional.helpers.event_sources import SECRET, Rulebook, types, up
from tools.support.playbook import lab_environment

pytestmark = pytest.mark.lab(macs=3)


# The System Log


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state" / "log.json"


@pytest.fixture
def log(watched):
    return Rulebook("okta_system_log", lab_environment(watched.lab.announcement))


@pytest.fixture
def args(state):
    return {"state_file": str(state), "interval": "0.01"}


def reset(watched, times=1):
    for _time in range(times):
        with watched.world.lock:
            watched.world.okta.platform.reset_secret()


def test_only_what_comes_from_now_on_is_handed_on_and_after_a_restart_what_came_meanwhile(
    watched, log, args, state
):
    assert types(log.run(args, 1, lambda: reset(watched))) == ["device.platform.secret_key.reset"]
    assert state.stat().st_mode & 0o777 == 0o600
    reset(watched, 2)
    assert len(log.run(args, 2)) == 2
    assert log.run(args, 0) == [] and len({one["uuid"] for one in log.given}) == 3
    assert watched.writes() == []


def test_with_a_beginning_it_hands_on_the_past_in_order(watched, log, args):
    found = log.run(
        {
            **args,
            "since": "2020-01-01T00:00:00Z",
            "filter": 'eventType eq "device.enrollment.create"',
            "limit": 2,
        },
        2,
    )
    wanted = [
        one for one in watched.world.okta.events if one["eventType"] == "device.enrollment.create"
    ]
    assert [one["uuid"] for one in found] == [one["uuid"] for one in wanted][: len(found)]
    assert found[0]["device_trust"]["serial_numbers"] == [
        wanted[0]["target"][0]["detailEntry"]["serialNumber"]
    ]


def test_ended_in_the_middle_of_a_page_it_repeats_nothing_and_loses_nothing(watched, log, args):
    log.run(args, 0)
    reset(watched, 10)
    while len(log.given) < 10:
        assert log.run(args, min(3, 10 - len(log.given)))
    assert len(log.given) == len({one["uuid"] for one in log.given}) == 10


def test_an_event_that_comes_late_into_the_log_is_not_missed(watched, log, args):
    log.run(args, 0)
    watched.switch(log_lag_seconds=600.0)
    reset(watched)
    watched.switch(log_lag_seconds=0.0)
    reset(watched)
    assert len(log.run(args, 1)) == 1
    watched.world.clock.advance(minutes=11)
    assert len(log.run(args, 1)) == 1 and len({one["uuid"] for one in log.given}) == 2


def test_it_leaves_others_their_share_of_the_bucket(watched, log, args):
    waited = []

    def pause(_source, seconds):
        waited.append(seconds)
        watched.world.clock.advance(seconds=seconds)
        if len(waited) == 2:
            reset(watched)

    log.module["Source"]._pause = pause
    watched.control("PATCH", "/limits", {"logs": 8})
    log.run({**args, "capacity_percent": 25}, 1)
    asked = [one.status for one in watched.asked() if one.operation == "listLogEvents"]
    assert (
        set(asked) == {200}
        and len(asked) <= 2 * len(waited) + 2
        and all(30 < one <= 62 for one in waited)
    )


def test_a_cursor_that_okta_does_not_know_any_more_is_replaced_without_a_repetition(
    watched, log, args, state, caplog
):
    log.run(args, 2, lambda: reset(watched, 2))
    position = json.loads(state.read_text())
    state.write_text(json.dumps({**position, "query": {**position["query"], "after": "gone"}}))
    reset(watched)
    assert len(log.run(args, 1)) == 1 and len({one["uuid"] for one in log.given}) == 3
    assert "does not know any more" in caplog.text


def test_with_another_filter_it_goes_on_where_it_stood(watched, log, args):
    log.run(args, 1, lambda: reset(watched))
    reset(watched)
    found = log.run({**args, "filter": 'eventType sw "device.platform."'}, 1)
    assert len(found) == 1 and len({one["uuid"] for one in log.given}) == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"name": "5xx"},
        {"name": "drop"},
        {"name": "truncate"},
        {"name": "html"},
        {"name": "429", "seconds": 0.01},
    ],
    ids=str,
)
def test_what_passes_is_waited_out(watched, log, args, fault):
    log.run(args, 0)
    watched.fault(operation="listLogEvents", **fault)
    assert len(log.run({**args, "api_retries": 0}, 1, lambda: reset(watched))) == 1


@pytest.mark.parametrize("dpop", [False, True])
def test_by_a_service_app_also_when_its_token_ends_meanwhile(watched, args, dpop):
    app = watched.control("POST", "/okta/apps", {"scopes": ["okta.logs.read"], "dpop": dpop})
    told = {
        **lab_environment(watched.lab.announcement),
        "OKTA_CLIENT_TOKEN": "",
        "OKTA_CLIENT_CLIENTID": app["client_id"],
        "OKTA_CLIENT_PRIVATEKEY": app["private_key"],
        "OKTA_CLIENT_KID": app["key_id"],
    }

    def act():
        watched.control("POST", "/okta/tokens/expire")
        reset(watched)

    log = Rulebook("okta_system_log", told)
    assert log.run(args, 0) == []
    reset(watched)
    assert len(log.run(args, 2, act)) == 2


def test_feedback_is_waited_for_before_an_event_counts_as_handed_on(watched, log, args, state):
    log.run(args, 0)
    reset(watched, 2)
    silent: asyncio.Queue[t.Any] = asyncio.Queue(1)
    assert (
        len(log.run({**args, "feedback": True, "eda_feedback_queue": silent}, 1)) == 1
    )  # the engine never says that it has it
    assert json.loads(state.read_text())["handed"] == {}
    assert len(log.run(args, 2)) == 2


def test_texts_of_others_are_no_templates(watched, log, args):
    okta = watched.world.okta
    user, app = (
        next(iter(okta.users.values())),
        replace(okta.directory.app("Payroll"), label="{{ lookup('pipe', 'id') }} {% raw %}"),
    )

    def name_it():
        with watched.world.lock:
            okta.sign_ins.deny(user, app)

    (found,) = log.run(args, 1, name_it)
    assert found["target"][0]["displayName"] == "{ { lookup('pipe', 'id') }} { % raw %}"
    assert found["device_trust"] == {"device_ids": [], "serial_numbers": [], "users": [user.login]}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"state_file": None}, "state_file is required: set the option."),
        ({"interwal": 5}, "interwal: this event source has no such option"),
        ({"interval": "soon"}, "interval: it cannot be read as float."),
        ({"interval": 0}, "interval: 0.0 is not between 0.001 and 86400"),
        ({"limit": 5000}, "limit: 5000 is not between 1 and 1000"),
        ({"since": "yesterday"}, "since: 'yesterday' is not a time. Write it like 2026-11-23 or"),
        ({"capacity_percent": 0}, "capacity_percent: 0 is not between 1 and 100."),
        ({"filter": 'eventType qq "x"'}, "Okta refused listLogEvents with 400"),
        ({"okta_api_token": "00canary-of-a-token-that-okta-does-not-know"}, "is not accepted"),
        ({"okta_org_url": "http://acme.okta.com"}, "a token is only sent over https"),
    ],
    ids=str,
)
def test_a_mistake_ends_it_with_one_sentence(log, args, wrong, said, caplog):
    sentence = log.fails({**args, **wrong})
    assert said in sentence and "canary" not in sentence + caplog.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not readable as a position in the log"),
        (
            json.dumps(
                {
                    "version": 1,
                    "org": "https://other.okta.com",
                    "filter": "",
                    "read_to": "2026-01-01T00:00:00Z",
                    "query": None,
                    "handed": {},
                }
            ),
            "Give each org a file of its own",
        ),
        (
            json.dumps(
                {
                    "version": 9,
                    "org": "",
                    "filter": "",
                    "read_to": "2026-01-01T00:00:00Z",
                    "query": None,
                    "handed": {},
                }
            ),
            "is of version 9",
        ),
    ],
)
def test_a_state_file_that_is_not_its_own_is_left_alone(log, args, state, content, said):
    state.parent.mkdir()
    state.write_text(content)
    assert said in log.fails(args)
    assert state.read_text() == content


@pytest.mark.parametrize("target", [5, "{{ x }}", [[]], {"a": 1}, None])
def test_an_event_of_any_form_comes_and_does_not_come_again(watched, log, args, target):
    odd = {"uuid": "odd", "eventType": "pki.cert.issue", "target": target, "debugContext": deep()}
    real = Event.as_dict
    log.run(args, 0)
    reset(watched)
    with mock.patch.object(Event, "as_dict", lambda event: {**real(event), **odd}):
        (found,) = log.run(args, 1)
    assert found["uuid"] == "odd" and found["device_trust"]["serial_numbers"] == []
    reset(watched)
    assert types(log.run(args, 1)) == ["device.platform.secret_key.reset"]


def deep():
    """An object that is nested 900 deep."""
    value = {}
    for _level in range(900):
        value = {"a": value}
    return value


# Event hooks


@pytest.fixture
def hook(watched):
    return Rulebook("okta_event_hook", {"OKTA_EVENT_HOOK_SECRET": SECRET})


def add_hook(watched, port, **more):
    up(port)
    wanted = {
        "url": f"http://127.0.0.1:{port}/okta",
        "key": "Authorization",
        "value": SECRET,
        "events": ["device.enrollment.create"],
        **more,
    }
    return watched.control("POST", "/okta/hooks", wanted)


def enroll(watched, times=1):
    user = next(iter(watched.world.okta.users))
    with watched.world.lock:
        for number in range(times):
            watched.world.okta.registry.register(
                user,
                DeviceFacts(
                    serial=f"CHOOK{number}",
                    udid=str(number),
                    name="Mac",
                    model="Mac14,2",
                    os_version="15.1",
                ),
            )
    for one in watched.world.okta.hooks:
        one.settled()


def attempts(watched):
    return [one.status for hook in watched.world.okta.hooks for one in hook.attempts]


@pytest.mark.parametrize("authorized", [True, False])
def test_it_is_verified_and_each_event_comes_once(watched, hook, port, authorized, caplog):
    caplog.set_level(logging.DEBUG)
    watched.switch(hook_verification_authorized=authorized, hook_delivers_twice=True)

    def act():
        assert add_hook(watched, port)["verified"]
        enroll(watched, 3)

    found = hook.run({"port": port}, 3, act)
    assert types(found) == ["device.enrollment.create"] * 3 and [
        one["device_trust"]["serial_numbers"] for one in found
    ] == [["CHOOK0"], ["CHOOK1"], ["CHOOK2"]]
    assert set(attempts(watched)) == {204} and len(attempts(watched)) >= 2
    assert "canary" not in caplog.text


def test_a_delivery_is_answered_while_the_engine_is_busy_and_too_many_are_sent_again(
    watched, hook, port
):
    def act():
        add_hook(watched, port)
        for _delivery in range(4):
            enroll(watched)

    found = hook.run({"port": port, "backlog": 2}, 3, act, room=1)
    assert len({one["uuid"] for one in found}) == len(found) >= 3
    assert attempts(watched)[:2] == [204, 204]


@pytest.mark.parametrize(
    ("value", "status"), [("Basic something-else", 401), ("", 401), (SECRET, 204)]
)
def test_a_delivery_without_the_secret_is_refused(hook, port, value, status):
    answers = []

    def act():
        up(port)
        delivery = {
            "eventType": "com.okta.event_hook",
            "eventId": "1",
            "data": {"events": [{"uuid": "1", "eventType": "device.user.add"}]},
        }
        headers = {"Authorization": value} if value else {}
        answers.append(
            requests.post(
                f"http://127.0.0.1:{port}/okta", json=delivery, headers=headers, timeout=10
            ).status_code
        )

    assert len(hook.run({"port": port}, int(status == 204), act)) == int(status == 204)
    assert answers == [status]


def test_a_delivery_that_comes_again_is_known_by_its_id_and_an_event_by_its_own(hook, port):
    def act():
        up(port)
        for event_id, events in (
            ("1", [{"eventType": "a"}]),
            ("1", [{"eventType": "a"}]),
            ("2", [{"uuid": "u", "eventType": "b"}]),
            ("3", [{"uuid": "u"}]),
        ):
            delivery = {
                "eventType": "com.okta.event_hook",
                "eventId": event_id,
                "data": {"events": events},
            }
            assert (
                requests.post(
                    f"http://127.0.0.1:{port}/okta",
                    json=delivery,
                    headers={"Authorization": SECRET},
                    timeout=10,
                ).status_code
                == 204
            )

    assert types(hook.run({"port": port}, 2, act)) == ["a", "b"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"eventType": "x"}',
        b'{"eventType": "com.okta.event_hook", "eventId": "1", "data": {"events": [1]}}',
        b'{"eventType": "com.okta.event_hook", "data": {"events": []}}',
        b'{"eventType": "com.okta.event_hook", "eventId": "1", "data": {"events": [%s1%s]}}'
        % (b'{"a":' * 900, b"}" * 900),
    ],
)
def test_what_is_no_delivery_is_refused_for_good(hook, port, body):
    answers = []

    def act():
        up(port)
        answers.append(
            requests.post(
                f"http://127.0.0.1:{port}/okta",
                data=body,
                headers={"Authorization": SECRET},
                timeout=10,
            ).status_code
        )

    assert hook.run({"port": port}, 0, act) == [] and answers == [400]


@pytest.mark.parametrize(
    ("length", "line"), [("99999", "The connection ended"), ("-5", "(BadHttpMessage)")]
)
def test_a_sender_that_hangs_up_or_writes_nonsense_is_one_line(hook, port, length, line, caplog):
    def act():
        up(port)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(
                f"POST /okta HTTP/1.1\r\nHost: a\r\nAuthorization: {SECRET}\r\n"
                f"Content-Length: {length}\r\n\r\n{{}}".encode()
            )
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1000)

    assert hook.run({"port": port}, 0, act) == []
    assert line in caplog.text and "Traceback" not in caplog.text and SECRET not in caplog.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-okta-verification-challenge": "c"}, 200),
        ({}, 400),
        ({"x-okta-verification-challenge": "c" * 2000}, 400),
        ({"x-okta-verification-challenge": "c", "Authorization": "wrong"}, 401),
    ],
)
def test_the_one_time_request(hook, port, headers, status):
    answers = []

    def act():
        up(port)
        answers.append(requests.get(f"http://127.0.0.1:{port}/okta", headers=headers, timeout=10))

    hook.run({"port": port}, 0, act)
    assert answers[0].status_code == status and (
        status != 200 or answers[0].json() == {"verification": "c"}
    )


def test_https_by_files(watched, hook, port, tmp_path):
    tls = make_server_certificate(tmp_path)

    def act():
        made = add_hook(
            watched, port, url=f"https://localhost:{port}/okta", ca_file=str(tls.ca_file)
        )
        assert made["verified"], made
        enroll(watched)

    assert (
        len(
            hook.run(
                {"port": port, "certfile": str(tls.certificate), "keyfile": str(tls.key)}, 1, act
            )
        )
        == 1
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"port": None}, "port is required: set the option."),
        (
            {"certfile": "/nowhere.pem"},
            (
                "certfile, keyfile: /nowhere.pem and no further file cannot be used (No such file"
                " or directory). Name a certificate"
            ),
        ),
        ({"keyfile": "/nowhere.pem"}, "keyfile alone makes no HTTPS"),
        ({"path": "okta"}, "path: it has to begin with a slash."),
        ({"host": "192.0.2.1"}, "cannot be listened on"),
        (
            {"auth_value": None},
            (
                "auth_value is required: set the option or the environment variable"
                " OKTA_EVENT_HOOK_SECRET."
            ),
        ),
    ],
    ids=str,
)
def test_a_mistake_ends_the_hook_with_one_sentence(hook, port, wrong, said):
    if "auth_value" in wrong:
        hook._environment = {}
    assert said in hook.fails({"port": port, **wrong})


@pytest.mark.parametrize("blank", ["", " "])
def test_a_hook_with_a_blank_secret_does_not_start(hook, port, blank):
    hook._environment = {"OKTA_EVENT_HOOK_SECRET": blank}
    assert "auth_value is required: set the option" in hook.fails({"port": port})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"events": ["pki.cert.issue"]}, "pki.cert.issue is not an event that a hook delivers."),
        ({"events": []}, "events has to name one event type at least."),
        ({"url": "http://hooks.example.com/"}, "url has to be https"),
    ],
)
def test_the_labs_org_takes_only_what_okta_takes(watched, body, said):
    from lab.okta.system_log.hooks import HookSettings, NotAHook

    wanted = {
        "url": "http://127.0.0.1:9/",
        "key": "Authorization",
        "value": SECRET,
        "events": ["device.user.add"],
        **body,
    }
    with pytest.raises(NotAHook, match=said):
        watched.world.okta.add_hook(HookSettings(**wanted))
