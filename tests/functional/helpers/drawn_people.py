# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People with Macs by chance, what happens to them, and who of them gets in to an app.

Who gets in is the lab's own answer: the policy in force judges each sign-in.
"""

from __future__ import annotations

import json
import random
import typing as t
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from lab.clock import iso

MANAGED_RULE = {
    "access": "ALLOW",
    "verificationMethod": {
        "type": "ASSURANCE",
        "factorMode": "2FA",
        "constraints": [
            {
                "possession": {
                    "deviceBound": "REQUIRED",
                    "phishingResistant": "REQUIRED",
                    "userPresence": "REQUIRED",
                    "authenticationMethods": [{"key": "okta_verify", "method": "signed_nonce"}],
                }
            }
        ],
    },
}
ONE_FACTOR = {
    "access": "ALLOW",
    "verificationMethod": {"type": "ASSURANCE", "factorMode": "1FA", "constraints": []},
}
TWO_FACTORS = {
    "access": "ALLOW",
    "verificationMethod": {"type": "ASSURANCE", "factorMode": "2FA", "constraints": []},
}
PASSWORD = {
    "access": "ALLOW",
    "verificationMethod": {
        "type": "ASSURANCE",
        "factorMode": "1FA",
        "constraints": [{"knowledge": {"types": ["password"]}}],
    },
}
PHONE = {
    "access": "ALLOW",
    "verificationMethod": {
        "type": "ASSURANCE",
        "factorMode": "1FA",
        "constraints": [
            {"possession": {"authenticationMethods": [{"key": "phone_number", "method": "sms"}]}}
        ],
    },
}
DENY = {"access": "DENY"}
MANAGED = {"device": {"registered": True, "managed": True}}
UNMANAGED = {"device": {"registered": True, "managed": False}}
REGISTERED = {"device": {"registered": True}}
GROUP: dict[str, t.Any] = {}  # stands for the condition that a drawn group meets
OFFICE = {"network": {"connection": "ZONE", "include": ["nzoOffice00000000000"]}}
LOW_RISK = {"riskScore": {"level": "LOW"}}
# Policies by what is drawn: the conditions and actions of each rule, and those of the last.
SETTLED: dict[str, t.Any] = {  # by what Okta shows
    "managed": ([(MANAGED, MANAGED_RULE)], DENY),
    "registered": ([(REGISTERED, MANAGED_RULE)], DENY),
    "open": ([(MANAGED, MANAGED_RULE)], ONE_FACTOR),
    "group open": ([(GROUP, ONE_FACTOR), (MANAGED, MANAGED_RULE)], DENY),
    "group refused": ([(GROUP, DENY), (MANAGED, ONE_FACTOR)], DENY),
    "unmanaged refused": ([(UNMANAGED, DENY)], ONE_FACTOR),
}
OPEN: dict[str, t.Any] = {  # by what only a sign-in shows, too
    "two factors": ([(MANAGED, MANAGED_RULE)], TWO_FACTORS),
    "password": ([(MANAGED, PASSWORD)], DENY),
    "phone": ([(MANAGED, MANAGED_RULE)], PHONE),
    "phone or registered": ([(REGISTERED, ONE_FACTOR)], PHONE),
    "office": ([({**MANAGED, **LOW_RISK}, MANAGED_RULE), (OFFICE, ONE_FACTOR)], DENY),
    "registered in the office": ([({**REGISTERED, **OFFICE}, ONE_FACTOR)], PHONE),
    "signals": ([(MANAGED, MANAGED_RULE)], DENY),
}
SHAPES = {**SETTLED, **OPEN}
STATUSES = ("SUSPENDED", "DEPROVISIONED", "STAGED", "LOCKED_OUT", "PASSWORD_EXPIRED")

# What happens to a Mac after its last sign-in, and how often.
EVENTS = (
    *("nothing",) * 12,
    *("renewed", "left the MDM", "left Kandji", "left its ring", "suspended", "revoked"),
    *("renewed and unused",) * 2,
    *("erased", "enrolled again"),
)
# How many days ago a certificate was renewed: as far back as the log goes, and farther.
RENEWED = (0, 1, 20, 29, 31, 60, 85, 89, 91, 100, 120, 170)


class DrawnPeople:
    """People of one lab without Macs of its own. ``draw`` replaces everybody."""

    def __init__(self, watched: t.Any, run_module: t.Callable[..., t.Any]) -> None:
        from lab.okta.policies import access_policies

        self.watched, self.world, self._policies = watched, watched.world, access_policies
        self._run_module = run_module
        wanted = {"name": "Okta SCEP - all", "blueprints": ["Engineering"]}
        assert not run_module("kandji_scep_profile", wanted, lab=watched.lab).get("failed")
        self.rings = [{"name": "all", "blueprints": ["Engineering"]}]
        places = {one.name: one.id for one in self.world.kandji.blueprints.values()}
        self.blueprint, self.elsewhere = places["Engineering"], places["Staging"]
        self.events: Counter[str] = Counter()
        self._number = 0

    def draw(
        self,
        seed: int,
        people: int = 8,
        events: t.Sequence[str] = EVENTS,
        shapes: t.Collection[str] = (),
    ) -> None:
        """Replace all people and Macs, and give the app a policy.

        One of the events happens to each Mac.

        :arg shapes: names of SHAPES, of which the policy is one. Then addresses, accounts and
            global session policies are drawn, too.
        """
        draws, org = random.Random(f"people {seed}"), self.world.okta
        more = random.Random(f"shape {seed}")  # apart, so that a seed has the same people and Macs
        with self.world.lock:
            org.empty()
            self.world.macs.clear()
            self.world.people.clear()
            self.world.kandji.devices.clear()
        for number in range(people):
            user = org.add_user(f"Person{number}", f"Of {seed}", f"person{number}@example.com")
            if shapes and more.random() < 0.3:
                user.email = f"Long.Name{number}@example.com"
            user.has_phone = not shapes or more.random() < 0.7
            for _unused in range(draws.choice((1, 1, 1, 2))):
                self._add_mac(user, draws)
            user.has_email = not shapes or more.random() < 0.8  # after the registration
            if shapes and more.random() < 0.1:
                user.provider = more.choice(("FEDERATION", "SOCIAL", "LDAP"))
        self._require_managed_macs(draws)
        self.shape = more.choice(sorted(shapes)) if shapes else ""
        if shapes:
            self._draw_policies(more)
        for mac in list(self.world.macs):
            self._befall(mac, draws, events)
        if shapes and more.random() < 0.4:
            more.choice(list(org.users.values())).status = more.choice(STATUSES)
        self.world.kandji.changed()
        org.housekeeping()

    def _add_mac(self, user: t.Any, draws: random.Random) -> None:
        from lab.actors.enrollment import enroll_as_record
        from lab.actors.mac import Mac
        from lab.actors.person import Person

        tenant, org, now = self.world.kandji, self.world.okta, self.world.clock.now()
        self._number += 1
        issued = now - timedelta(days=draws.choice((300, draws.uniform(300, 364.5))))
        device = tenant.add_device(
            name=f"Mac {self._number}",
            serial=f"C{self._number:09d}XY",
            udid=self.world.uuid().upper(),
            platform="Mac",
            model="MacBook Air",
            model_id="Mac14,2",
            os_version="26.1",
            build="25B78",
            blueprint_id=self.blueprint,
            enrolled_at=issued,
            last_check_in=issued,
            user=tenant.add_user(user.name, user.email),
        )
        mac = Mac(self.world, device, enroll_as_record)
        habit = draws.choice(("prompt",) * 8 + ("push", "never"))
        person = Person(user.id, mac.serial, habit)
        mac.install_by_hand()
        with org.dated(issued):
            mac.check_in(issued)
            self.world.macs.append(mac)
            self.world.people.append(person)
            person.act(self.world, mac)
        mac.check_in()
        person.act(self.world, mac)

    def _require_managed_macs(self, draws: random.Random) -> None:
        org = self.world.okta
        people = {}
        if draws.random() < 0.5:
            group = org.directory.add_group("Staff")
            group.members = {user for user in org.users if draws.random() < 0.8}
            people = {"people": {"groups": {"include": [group.id]}}}
        self.app = self.require_managed_macs("Salesforce", people)

    def _draw_policies(self, draws: random.Random) -> None:
        """Replace the policy of the app by one of a shape. Add policies of other kinds."""
        from lab.okta.policies.session_and_signal import SESSION, SIGNALS
        from lab.okta.policies.sign_ins import RISKS, Surroundings

        org = self.world.okta
        group, refused = (self._draw_group(name, draws) for name in ("Drawn", "Left"))
        rules, last = SHAPES[self.shape]
        policy = org.policies.add(f"Drawn: {self.shape}")
        for number, (conditions, sign_on) in enumerate(rules):
            people = {"people": {"groups": {"include": [group.id]}}}
            body = {
                "name": f"Rule {number}",
                "conditions": people if conditions is GROUP else conditions,
                "actions": {"appSignOn": sign_on},
            }
            org.policies.add_rule(policy, self._policies.Rules().accept(body))
        policy.catch_all.actions = self._policies.accept_actions({"appSignOn": last})
        org.assign(self.app, policy)
        if self.shape == "signals":
            signals = org.others.add(SIGNALS, "Signals", resources=[policy.id])
            org.others.add_signal_rule(signals, "Rule", draws.choice(("ALLOW", "IGNORE", None)))
        if draws.random() < 0.3:
            session = org.others.add(SESSION, "Left", groups=[refused.id])
            org.others.add_session_rule(session, "Refused", "DENY")
        for user_id in org.users:
            zones = frozenset(OFFICE["network"]["include"]) if draws.random() < 0.5 else frozenset()
            org.sign_ins.surroundings[user_id] = Surroundings(zones, draws.choice(RISKS))

    def _draw_group(self, name: str, draws: random.Random) -> t.Any:
        org = self.world.okta
        group = org.directory.add_group(name)
        group.members = {user for user in org.users if draws.random() < 0.3}
        return group

    def require_managed_macs(self, label: str, people: t.Mapping[str, t.Any]) -> t.Any:
        """Give an app a policy that admits ``people`` from managed Macs alone. Return the app."""
        org = self.world.okta
        policy = org.policies.add(f"Managed Macs to {label}")
        body = {
            "name": "Managed Macs",
            "conditions": {"device": {"registered": True, "managed": True}, **people},
            "actions": {"appSignOn": MANAGED_RULE},
        }
        org.policies.add_rule(policy, self._policies.Rules().accept(body))
        policy.catch_all.actions = self._policies.accept_actions({"appSignOn": {"access": "DENY"}})
        app = org.directory.app(label)
        org.assign(app, policy)
        return app

    def _befall(self, mac: t.Any, draws: random.Random, events: t.Sequence[str]) -> None:
        """Let something happen to a Mac, after which its person has not signed in."""
        event, org = draws.choice(events), self.world.okta
        self.events[event] += 1
        record = org.devices.get(mac.okta_account)
        if event.startswith("renewed") and mac.certificates:
            with org.dated(self.world.clock.now() - timedelta(days=draws.choice(RENEWED))):
                self.issue(mac)
                for person in [] if event.endswith("unused") else self.people_of(mac):
                    person.act(self.world, mac)
        elif event == "left the MDM":
            mac.leave_mdm()
        elif event == "left Kandji" and record:  # else neither vendor knows of the person
            mac.leave_mdm()
            mac.device.is_removed = True
        elif event == "left its ring":
            mac.device.blueprint_id = self.elsewhere
            self.world.kandji.changed()
            if draws.random() < 0.5:
                mac.check_in()
        elif event == "suspended" and record:
            org.registry.step(record, "suspend")
        elif event == "revoked" and record:
            org.platform.set_status(record, "REVOKED")
        elif event in ("erased", "enrolled again") and mac.certificates:
            with org.dated(self.world.clock.now() - timedelta(days=draws.choice(RENEWED))):
                self.enroll_again(mac, is_erased=event == "erased")

    def renew(self, mac: t.Any) -> None:
        """Let a Mac get a second certificate, with which its people sign in."""
        self.issue(mac)
        for person in self.people_of(mac):
            person.act(self.world, mac)

    def enroll_again(self, mac: t.Any, is_erased: bool) -> None:
        """Let Kandji enroll a Mac again, whose people open Okta Verify then unless it was erased."""
        mac.device.enrolled_at = self.world.okta.now()
        if is_erased:
            mac.accounts.clear()
        self.issue(mac)
        mac.certificates = mac.certificates[-1:]
        for person in self.people_of(mac):
            if is_erased:
                person.habit = "never"
            else:
                person.act(self.world, mac)

    def erase(self, mac: t.Any) -> t.Any:
        """Erase a Mac. It gets a new certificate, and its people add their accounts again."""
        mac.accounts.clear()
        mac.device.enrolled_at = self.world.okta.now()
        self.issue(mac)
        mac.certificates = mac.certificates[-1:]
        mac.report_inventory()
        self.world.clock.advance(minutes=1)
        for person in self.people_of(mac):
            person.act(self.world, mac)
        return mac

    def people_of(self, mac: t.Any) -> list[t.Any]:
        """Return the people of a Mac."""
        return [person for person in self.world.people if person.serial == mac.serial]

    def login_of(self, mac: t.Any) -> str:
        """Return the login of the first person of a Mac."""
        login: str = self.world.okta.users[self.people_of(mac)[0].user_id].login
        return login

    def login_with(self, name: str) -> str:
        """Return the login of the user with this login or address: Okta may not show the user."""
        users = self.world.okta.users.values()
        return next((str(user.login) for user in users if name in (user.login, user.email)), name)

    def managed_macs(self) -> list[t.Any]:
        """Return the Macs that Okta shows as managed for somebody."""
        return [mac for mac in self.world.macs if any(mac.describe()["managed"].values())]

    def issue(self, mac: t.Any) -> None:
        """Let a Mac get a second certificate, with which nobody signs in."""
        settings = {
            "URL": self.world.okta.platform.scep_url,
            "Challenge": self.world.okta.platform.challenge,
            "Subject": [[["CN", mac.certificates[0].common_name]]],
        }
        identifier = mac.certificates[0].profile_identifier
        mac.certificates.append(mac.enroll(self.world, settings, identifier))
        mac.report_inventory(self.world.okta.now())

    def pass_days(self, days: float) -> None:
        """Let time pass. Macs check in, nothing is renewed."""
        self.world.clock.advance(days=days)
        self.world.okta.housekeeping()
        for mac in list(self.world.macs):
            mac.check_in()

    def forecast(
        self, dest: Path, on_date: datetime, apps: t.Sequence[str], **options: t.Any
    ) -> list[dict[str, t.Any]]:
        """Return the rows of people of the report, for a date that has not passed."""
        asked = {"rings": self.rings, "dest": str(dest), "formats": ["json"], "apps": [*apps]}
        asked |= {"on_date": iso(on_date), **options}
        result = self._run_module("device_trust_report", asked, lab=self.watched.lab)
        assert not result.get("failed"), result
        written = json.loads((dest / "device-trust.json").read_text())
        rows: list[dict[str, t.Any]] = written["access"]["people"]
        return rows

    def sign_in(self) -> dict[str, bool]:
        """Let everybody sign in and open the app. Return whether each gets in from a Mac."""
        from lab.actors import person as people

        with self.world.lock:
            people.act(self.world)
            return self.open(self.app)

    def open(self, app: t.Any) -> dict[str, bool]:
        """Let everybody open an app. Return whether each gets in from a Mac."""
        from lab.actors import person as people

        admitted: dict[str, bool] = {}
        with self.world.lock:
            for seat in people.seats(self.world):
                outcome = self.world.okta.sign_ins.open(app, seat)
                admitted[outcome.login] = admitted.get(outcome.login, False) or outcome.admitted
        return admitted
