# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret comes out of any module, playbook, plugin or event source, in any encoding.

What is tried is made from the lists of files. What is left out has its reason here.
"""

from __future__ import annotations

import itertools
import json
import logging
import re
import threading
import typing as t
from pathlib import Path

import pytest
import requests

from lab.server import Lab
from lab.state import Options
from tests.functional.conftest import Watched
from tests.functional.events.test_event_sources import Rulebook, up
from tests.functional.helpers import canaries, examples
from tests.functional.helpers.canaries import FORMS, STATUSES, Echo, EchoProxy
from tests.functional.helpers.reset_fleet import ResetFleet
from tests.functional.safety.test_playbook_pairs import (
    BY_ANOTHER,
    ELSEWHERE,
    READING,
    STUCK,
    WRITING,
    Scene,
)
from tests.support import awx_job
from tools.support.environment import CHECKOUT, SCRIPTS, child_environment, run_and_read
from tools.support.playbook import SITE, lab_environment

SIZE = Options(macs=5, limits="high")
EXAMPLES_SIZE = Options(macs=14, limits="high")  # examples reset two Macs, and no more than a tenth
PLUGINS = CHECKOUT / "plugins"
EVENT_SOURCES = CHECKOUT / "extensions" / "eda" / "plugins" / "event_source"
# Modules that need the variables and tasks of a play. They send nothing; the playbooks run them.
IN_PLAYS_ALONE = {"device_trust_plan", "validate_variables"}
# Its modules are those of awx.awx. test_awx_configuration.py has canaries of its own.
NOT_OF_THE_LAB = {"configure_awx"}
# They post to the webhook, which answers 500 here.
POSTING = {
    "clean_up_records",
    "notify",
    "on_certificate_authority_change",
    "on_scep_challenge_reset",
}
PLAYBOOKS = sorted({*WRITING, *BY_ANOTHER, *READING, *ELSEWHERE} - NOT_OF_THE_LAB)
# What holds plugins, and which test runs them. Action plugins run their modules.
KINDS = {"action": "playbooks", "inventory": "inventories", "modules": "modules"}
# They hold what others import, and the callback that test_tenants.py searches for secrets.
HELPERS = {"callback", "doc_fragments", "module_utils", "plugin_utils"}

EXAMPLES = [
    pytest.param(name, module, options, id=f"{module}: {name}")
    for name, module, options in examples.tasks()
]
FIRST = [next(group) for _module, group in itertools.groupby(EXAMPLES, lambda each: each.values[1])]
FURTHER = [example for example in EXAMPLES if example not in FIRST]


@pytest.fixture(autouse=True)
def _behind_a_proxy(monkeypatch) -> None:
    """Let every run have a proxy with a password for what is not on this machine."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://company:{canaries.PROXY_PASSWORD}@127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


def stems(directory: Path) -> set[str]:
    return {path.stem for path in directory.glob("*.py") if path.stem != "__init__"}


def test_nothing_is_left_out():
    tried = {example.values[1] for example in FIRST}
    assert tried.isdisjoint(IN_PLAYS_ALONE)
    assert tried | IN_PLAYS_ALONE == stems(PLUGINS / "modules") == stems(PLUGINS / "action")
    assert {*PLAYBOOKS, *NOT_OF_THE_LAB} == {path.stem for path in SITE.parent.glob("*.yml")}
    assert {path.name for path in PLUGINS.iterdir() if path.is_dir()} == {*KINDS, *HELPERS}
    assert stems(PLUGINS / "inventory") == set(INVENTORIES)
    assert stems(EVENT_SOURCES) == set(SOURCES)


def test_every_role_is_run_by_a_playbook_that_is_tried():
    text = "\n".join(path.read_text() for path in SITE.parent.rglob("*.yml"))
    roles = {path.name for path in (CHECKOUT / "roles").iterdir()}
    assert roles == {role for role in roles if f"devicetrust.okta_kandji.{role}\n" in text}


# Modules


@pytest.fixture(scope="module")
def company() -> t.Iterator[Lab]:
    with Lab(EXAMPLES_SIZE) as running:
        yield running


def kind_of(path: str) -> str:
    """Return a path without its ids: what it asks for."""
    return re.sub(r"/[^/]*[0-9][^/]{8,}", "/*", path)


class Cell:
    """One example of a module, before a proxy that shows requests."""

    def __init__(self, lab: Lab, run_module, directory, example) -> None:
        name, self.module, options = example
        lab.begin(EXAMPLES_SIZE)
        canaries.plant(lab)
        self.lab, self._run_module = lab, run_module
        stage = examples.Stage(Watched(lab), run_module, directory)
        canaries.with_canaries(stage)
        examples.SCENES.get(name, examples.rolled_out)(stage)
        self._options = examples.without_patience(self.module, stage.as_in_the_lab(options))
        self.proxy = EchoProxy(lab)

    def run(self, **how: t.Any) -> dict[str, t.Any]:
        self.proxy.begin()
        options = {"api_retries": 0, **self._options}
        return self._run_module(self.module, options, lab=self.lab, diff=True, **how)

    def authenticate_by_key(self) -> None:
        """Ask Okta by the service app of the lab."""
        fragments = examples.module_documentation(self.module)["extends_documentation_fragment"]
        if "devicetrust.okta_kandji._okta" in fragments:
            names = ("okta_client_id", "okta_private_key", "okta_key_id")
            key = {name: self.lab.announcement[name] for name in names}
            self._options = {**self._options, "okta_api_token": "", **key}

    def requests(self) -> list[int]:
        """Return the first request of each kind that check mode sends."""
        self.run(check=True)
        kinds: dict[tuple[str, str], int] = {}
        for number, (verb, path) in enumerate(self.proxy.requests):
            kinds.setdefault((verb, kind_of(path)), number)
        return list(kinds.values())

    def echo_read(self, number: int, echo: Echo) -> None:
        """Run in check mode with one request echoed."""
        self.proxy.echo = lambda at, _verb, _path: echo if at == number else None
        self.run(check=True)

    def echo_writes(self, echo: Echo) -> None:
        """Run with every write echoed, which therefore changes nothing."""
        self.proxy.echo = lambda _at, verb, path: (
            echo if verb != "GET" and not path.endswith("/token") else None
        )
        self.run()

    def succeed(self) -> None:
        self.proxy.echo = lambda *_request: None
        done = self.run()
        assert not done.get("failed"), done.get("msg")


@pytest.mark.parametrize(
    ("name", "module", "options"),
    [*FIRST, *(pytest.param(*each.values, id=each.id, marks=pytest.mark.long) for each in FURTHER)],
)
def test_a_module_shows_no_secret(company, run_module, tmp_path, printed, name, module, options):
    cell = Cell(company, run_module, tmp_path, (name, module, options))
    pairs = zip(itertools.cycle(FORMS), itertools.cycle(STATUSES))
    echoes = (Echo(*pair) for pair in itertools.islice(pairs, len(name), None))
    for number in cell.requests():
        cell.echo_read(number, next(echoes))
    cell.echo_writes(next(echoes))
    assert cell.proxy.echoed > 0
    cell.succeed()
    assert canaries.leaks(company, *printed) == {}


@pytest.mark.long
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("name", "module", "options"), FIRST)
def test_no_form_of_an_echo_shows_a_secret(
    company, run_module, tmp_path, printed, name, module, options, form
):
    """By a service app where Okta is asked, whose token requests are echoed too."""
    cell = Cell(company, run_module, tmp_path, (name, module, options))
    cell.authenticate_by_key()
    numbers = cell.requests()
    for number, status in zip(numbers, itertools.cycle(STATUSES)):
        cell.echo_read(number, Echo(form, status))
    cell.echo_writes(Echo(form, 400))
    assert cell.proxy.echoed > 0
    assert canaries.leaks(company, *printed) == {}


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("kandji_device_info", {"kandji_api_url": "https://acme.api.kandji.io"}),
        ("okta_device_info", {"okta_org_url": "https://acme.okta.com"}),
    ],
)
def test_a_proxy_that_shows_what_it_was_sent_shows_no_secret(
    company, run_module, monkeypatch, printed, module, options
):
    with canaries.refusing_proxy() as url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        tokens = {"kandji_api_token": canaries.KANDJI_TOKEN, "okta_api_token": canaries.OKTA_TOKEN}
        token = {name: value for name, value in tokens.items() if name[:4] == module[:4]}
        done = run_module(module, {**options, **token, "api_retries": 0})
    assert "the proxy: Tunnel connection failed: 407 company, Basic Y29" in done["msg"]
    assert canaries.leaks(company, *printed) == {}


# Playbooks


class Processes:
    """The command lines of all processes while a context lasts."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Processes:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    pass  # it has ended


def contents(directory: Path) -> list[str]:
    """Return the names and the texts of all files below a directory."""
    files = [path for path in sorted(directory.rglob("*")) if path.is_file()]
    return [f"{path}\n{path.read_text(errors='replace')}" for path in files]


class Run:
    """Runs of a playbook that keep all that Ansible can keep of them, below a directory."""

    def __init__(self, lab: Lab, directory: Path, playbook: t.Any) -> None:
        self.lab, self.directory, self._playbook = lab, directory, playbook
        self.texts: list[str] = []

    def run(self, stem: str, variables: dict[str, t.Any], *arguments: str) -> int:
        kept = {name: str(self.directory / name) for name in ("junit", "tree", "facts", "log")}
        environment = {
            "ANSIBLE_CALLBACKS_ENABLED": "play_record,ansible.builtin.junit,ansible.builtin.tree",
            "JUNIT_OUTPUT_DIR": kept["junit"],
            "ANSIBLE_CALLBACK_TREE_DIR": kept["tree"],
            "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": kept["facts"],
            "ANSIBLE_LOG_PATH": kept["log"],
            "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "true",
        }
        directories = {
            "device_trust_state_dir": str(self.directory / "state"),
            "device_trust_report_dir": str(self.directory / "report"),
        }
        with Processes() as processes:
            result = self._playbook(
                self.lab,
                SITE.parent / f"{stem}.yml",
                variables={**variables, **directories},
                arguments=["-vvvv", "--diff", *arguments],
                environment=environment,
            )
        assert any("ansible-playbook" in line for line in processes.seen), "the search is blind"
        self.texts += [result.output, json.dumps(result.tasks), *processes.seen]
        return int(result.status)

    def leaks(self) -> dict[str, list[str]]:
        texts = [*self.texts, *contents(self.directory)]
        assert (self.directory / "log").exists() and any("<testsuite" in text for text in texts)
        return canaries.leaks(self.lab, *texts)

    def shows_pin(self, pin: str) -> bool:
        """Return whether a PIN is shown or kept. Parts of a second have as many digits."""
        texts = [*self.texts, *contents(self.directory)]
        return any(re.search(rf"(?<![\d.]){pin}(?!\d)", text) for text in texts)


VARIABLES = {
    "device_trust_notification": "Something happened",
    "device_trust_status_serials": [],
}


@pytest.fixture
def planted(run_module, tmp_path):
    """Return a function that prepares a lab of canaries for a playbook, and its variables."""

    def prepare(lab: Lab, stem: str) -> dict[str, t.Any]:
        canaries.plant(lab)
        scene = Scene(Watched(lab), run_module, {stem})
        challenge = scene.variables.get("device_trust_scep_challenge")
        if challenge:  # it was reset
            canaries.plant(lab, canaries.NEW_CHALLENGE)
            scene.variables["device_trust_scep_challenge"] = canaries.NEW_CHALLENGE
        serials = {"device_trust_status_serials": [lab.world.macs[0].serial]}
        if stem == "lost_mac":
            fleet, pins = ResetFleet(Watched(lab)), tmp_path / "pins"
            fleet.record(STUCK)
            fleet.mac(STUCK)
            pins.mkdir()
            serials["device_trust_lost_serials"] = [STUCK]
            serials["device_trust_lost_action"] = "lock"
            serials["device_trust_lost_action_confirm"] = f"LOCK {STUCK}"
            serials["device_trust_lost_pin_dir"] = str(pins)
        if stem == "offboard_person":
            user = ResetFleet(Watched(lab)).user("leaver@example.com")
            ResetFleet(Watched(lab)).record(STUCK, user)
            serials["device_trust_offboard_person"] = user.login
            serials["device_trust_offboard_confirm"] = f"OFFBOARD {user.login}"
        with lab.world.lock:
            lab.world.okta.add_temporary_codes()
            lab.world.okta.enrollment.policies[-1].enroll["tac"] = "OPTIONAL"
            login = next(iter(lab.world.okta.users.values())).login
        code = {
            "device_trust_temporary_access_user": login,
            "device_trust_temporary_access_file": str(tmp_path / "code"),
        }
        return {**VARIABLES, **serials, **code, **scene.variables}

    return prepare


@pytest.mark.parametrize(
    "stem",
    [
        stem if stem == "report" else pytest.param(stem, marks=pytest.mark.long)
        for stem in PLAYBOOKS
    ],
)
def test_nothing_that_is_kept_of_a_playbook_has_a_secret(stem, planted, playbook, tmp_path):
    with Lab(SIZE) as lab:
        variables = planted(lab, stem)
        proxy = EchoProxy(lab)
        with canaries.webhook(status=500) as url:
            variables["device_trust_notify_url"] = url
            kept = Run(lab, tmp_path / "kept", playbook)
            status = kept.run(stem, variables)
            sent = len(proxy.requests)
            form = list(FORMS)[PLAYBOOKS.index(stem) % len(FORMS)]
            for period in (7, 2):  # the shorter one for a second run that has little to ask
                proxy.echo = lambda at, _verb, _path, each=period: (
                    Echo(form, 400) if at % each == each // 2 else None
                )
                proxy.begin()
                # A code is written to a file that does not exist yet.
                code = {"device_trust_temporary_access_file": str(tmp_path / f"code {period}")}
                kept.run(stem, {**variables, **code})
                if proxy.echoed:
                    break
            proxy.begin()
            kept.run(stem, variables, "--check") if stem != "report" else None
        assert (proxy.echoed > 0) is (sent > 0)
        assert kept.leaks() == {}
        pins = [path.read_text().strip() for path in tmp_path.glob("pins/*.pin")]
        assert len(pins) == (stem == "lost_mac") and not any(map(kept.shows_pin, pins))
        assert (status == 0) is (stem not in POSTING), kept.texts[0]


@pytest.mark.long
@pytest.mark.parametrize("form", ["JSON", "HTML in JSON", "base64 in JSON", "URL of XML"])
def test_a_job_of_awx_keeps_no_secret(form, planted, tmp_path):
    with Lab(SIZE) as lab:
        variables = planted(lab, "site")
        proxy = EchoProxy(lab)
        credentials = awx_job.lab_credentials(lab.announcement)
        texts = []
        for number in range(2):
            job = awx_job.Job("site", credentials, variables=variables, verbosity=5, number=number)
            with Processes() as processes:
                done = awx_job.run(job, tmp_path / f"job_{number}")
            texts += [done.said, *processes.seen]
            proxy.echo = lambda at, _verb, _path: Echo(form, 400) if at % 7 == 3 else None
            proxy.begin()
        assert proxy.echoed > 0 and done.status != 0 and len(done.events) > 3
        assert canaries.leaks(lab, *texts) == {}


# Inventory plugins

INVENTORIES = {"macs": "macs.yml"}


@pytest.mark.parametrize("plugin", INVENTORIES)
def test_an_inventory_shows_and_keeps_no_secret(plugin, tmp_path, lab, printed):
    """The lab is shared: what the proxy changes is put back."""
    source, before = tmp_path / INVENTORIES[plugin], dict(lab._applications)
    options = {
        "plugin": f"devicetrust.okta_kandji.{plugin}",
        "rings": lab.announcement["rings"],
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_timeout": 3600,
    }
    environment = child_environment(
        ANSIBLE_INVENTORY_ENABLED=options["plugin"], **lab_environment(lab.announcement)
    )
    command = [str(SCRIPTS / "ansible-inventory"), "-i", str(source), "--list", "-vvvv"]
    try:
        proxy = EchoProxy(lab)
        for number, echo in enumerate((None, Echo("JSON", 403), Echo("HTML in JSON", 400))):
            # None is answered from the cache of the one before.
            place = {"cache_connection": str(tmp_path / f"cache-{number}")}
            source.write_text(json.dumps({**options, **place}))
            proxy.echo = lambda at, _verb, _path, echo=echo: echo if at % 2 else None
            printed.append(run_and_read(command, environment, show=False)[1])
        assert proxy.echoed > 1 and "device_trust_stage" in printed[0]
    finally:
        lab._applications.update(before)
    assert canaries.leaks(lab, *printed, *contents(tmp_path)) == {}


# Event sources


def system_log(lab: Lab, directory: Path, _port: int) -> list[str]:
    """Follow the log, once as it is and then with each form of an echo."""
    source = Rulebook("okta_system_log", lab_environment(lab.announcement))
    state = directory / "log.json"
    args = {"state_file": str(state), "interval": "0.01", "since": "2020-01-01T00:00:00Z"}
    events = source.run(args, 2)
    proxy = EchoProxy(lab)
    texts = []
    for form, status in zip(FORMS, itertools.cycle((400, 401, 403))):
        echo = Echo(form, status)
        proxy.echo = lambda *_request, echo=echo: echo
        texts.append(source.fails({**args, "api_retries": 0}))
    assert proxy.echoed >= len(FORMS)
    return [json.dumps(events), *texts, *contents(directory)]


def event_hook(_lab: Lab, _directory: Path, port: int) -> list[str]:
    """Take a delivery, and refuse what has the secret in another place."""
    secret = canaries.HOOK_SECRET
    source = Rulebook("okta_event_hook", {"OKTA_EVENT_HOOK_SECRET": secret})
    url, answers = f"http://127.0.0.1:{port}/okta", []
    event = {"uuid": "1", "eventType": "device.user.add"}
    body = {"eventType": "com.okta.event_hook", "eventId": "1", "data": {"events": [event]}}
    attempts = [
        ({"Authorization": secret}, body),
        ({"Authorization": f"{secret} and more"}, body),
        ({"X-Secret": secret}, {**body, "secret": secret}),
        ({"Authorization": secret}, {"eventType": secret}),
    ]

    def deliver() -> None:
        up(port)
        for headers, content in attempts:
            answer = requests.post(url, json=content, headers=headers, timeout=10)
            answers.append(f"{answer.status_code} {answer.headers} {answer.text}")
        answers.append(requests.get(f"{url}?{secret}", timeout=10).text)

    events = source.run({"port": port}, 1, deliver)
    problem = source.fails({"port": port, "path": secret})
    return [json.dumps(events), *answers, problem]


SOURCES: dict[str, t.Callable[[Lab, Path, int], list[str]]] = {
    "okta_event_hook": event_hook,
    "okta_system_log": system_log,
}


@pytest.mark.parametrize("source", SOURCES)
def test_an_event_source_shows_and_keeps_no_secret(
    source,
    tmp_path,
    port,
    caplog,
    capfd,
):
    caplog.set_level(logging.DEBUG)
    with Lab(SIZE) as lab:
        canaries.plant(lab)
        texts = SOURCES[source](lab, tmp_path, port)
        # urllib3 logs what this test sends.
        records = [record for record in caplog.records if not record.name.startswith("urllib3")]
        texts += [*(record.getMessage() for record in records), *capfd.readouterr()]
        assert len(texts) > 4
        assert canaries.leaks(lab, *texts) == {}
