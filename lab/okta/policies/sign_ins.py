# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-ins to apps: the policies in force decide, and the System Log has the outcomes.

Take the world's lock around every call.
"""

from __future__ import annotations

import typing as t
import uuid
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial

from lab.clock import iso
from lab.okta.authenticators.flexible_verify import VERIFY
from lab.okta.devices.records import DeviceUser, Record, User
from lab.okta.directory.groups_and_apps import App
from lab.okta.policies.access_policies import Policy
from lab.okta.policies.engine import (
    FASTPASS,
    Circumstances,
    Judgement,
    Methods,
    available_methods,
    judge,
)
from lab.okta.serializers import log_device
from lab.okta.system_log.events import GEOGRAPHY, Event
from lab.okta.system_log.targets import SYSTEM, policy_targets

Json = dict[str, t.Any]

RISKS = ("LOW", "MEDIUM", "HIGH")
UNMET = (
    "Access has been denied because the policy requirements could not be satisfied by the users'"
    " current set of available authenticator enrollments."
)
# Browsers by platform: the system as Okta's log names it, the kind of device, and the browser.
_BROWSERS = {
    "MACOS": ("Mac OS X", "Computer", "CHROME"),
    "WINDOWS": ("Windows 10", "Computer", "EDGE"),
    "LINUX": ("Linux", "Computer", "FIREFOX"),
    "CHROMEOS": ("Chrome OS", "Computer", "CHROME"),
    "IOS": ("iOS (iPhone)", "Mobile", "SAFARI"),
    "ANDROID": ("Android", "Mobile", "CHROME"),
    "OTHER": ("Unknown", "Unknown", "FIREFOX"),
}
PLATFORMS = tuple(_BROWSERS)
ASSURED = ("MACOS", "WINDOWS", "CHROMEOS", "IOS", "ANDROID")  # that have device assurance policies


@dataclass(frozen=True)
class Seat:
    """A user at a device.

    ``device_id`` is the record of the account in Okta Verify on the device, if there is one.
    """

    user_id: str
    platform: str
    device_id: str | None = None


@dataclass(frozen=True)
class Surroundings:
    """The surroundings of a user's sign-ins.

    Ids of network zones, the risk that Okta computes, ids of device assurances that the device
    meets.
    """

    zones: frozenset[str] = frozenset()
    risk: str = "LOW"
    assurances: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Outcome:
    """The outcome of a sign-in to an app.

    ``reason`` is allowed, denied (by the rule), unsatisfied (the user lacks a required method),
    unassigned, user (who is not active), or session (a global session policy refuses).
    """

    user_id: str
    login: str
    app_id: str
    app: str
    platform: str
    device_id: str | None
    admitted: bool
    reason: str
    policy_id: str
    rule_id: str | None
    rule: str | None
    at: str

    def as_dict(self) -> Json:
        """Return the outcome as JSON."""
        return asdict(self)


@dataclass
class SignIns:
    """The sign-ins of an org.

    ``seats`` are those not on Macs of the fleet: phones, PCs, and what a test adds.
    """

    org: t.Any
    seats: list[Seat] = field(default_factory=list)
    surroundings: dict[str, Surroundings] = field(default_factory=dict)
    # the last outcome of each user, app and seat
    outcomes: dict[tuple[str, str, Seat], Outcome] = field(default_factory=dict)
    last_round: datetime | None = None

    # The state of a user at a device

    def find_registration(self, seat: Seat) -> tuple[Record | None, DeviceUser | None]:
        """Return an active record and the user's account on it, if there are both."""
        record = self.org.devices.get(seat.device_id or "")
        link = record.users.get(seat.user_id) if record and record.status == "ACTIVE" else None
        return (record, link) if link else (None, None)

    def circumstances(self, seat: Seat) -> Circumstances:
        """Return the circumstances of a sign-in now."""
        record, link = self.find_registration(seat)
        around = self.surroundings.get(seat.user_id, Surroundings())
        switches = self.org.world.switches
        return Circumstances(
            user_id=seat.user_id,
            groups=frozenset(self.org.directory.groups_of(seat.user_id)),
            user_type=self.org.user_type,
            platform=seat.platform,
            registered=record is not None,
            managed=bool(link and link.managed),
            zones=around.zones,
            risk=around.risk,
            assurances=self._assurances(seat, is_registered=record is not None),
            expressions_hold=switches.expressions_hold,
            users_or_groups=switches.users_and_groups == "either",
            wide_other=switches.other_platforms == "all_but_four",
            unrequired_limits=switches.required_false == "limits",
            methods=partial(self._methods, seat, record, link),
        )

    def _assurances(self, seat: Seat, is_registered: bool) -> frozenset[str]:
        """Return the ids of the device assurances that a device meets, as far as Okta sees it."""
        other_sources = self.org.world.switches.unregistered_assurance == "met"
        if is_registered or (other_sources and seat.platform in ASSURED):
            return self.surroundings.get(seat.user_id, Surroundings()).assurances
        return frozenset()

    def _methods(self, seat: Seat, record: Record | None, link: DeviceUser | None) -> Methods:
        verify = self.org.authenticators["okta_verify"]
        off = set(verify.methods) if verify.status_of(verify.key) == "INACTIVE" else verify.inactive
        user = self.org.users[seat.user_id]
        sets_up_lock = self.org.world.switches.user_verification == "screen_lock"
        enrolled = set(user.authenticators)
        if record is not None or self.org.registry.is_registered(user.id):
            enrolled.add(VERIFY)
        return available_methods(
            enrolled,
            device=record.profile if record else None,
            lock=link.screen_lock_type if link and sets_up_lock else "NONE",
            off=off,
        )

    def judge_seat(self, policy: Policy, seat: Seat) -> Judgement:
        """Return how a policy judges a sign-in now."""
        return judge(policy, self._seen_by(policy, seat))

    def _seen_by(self, policy: Policy, seat: Seat) -> Circumstances:
        """Return the circumstances that a policy sees, by the device signal collection policy."""
        now, switches = self.circumstances(seat), self.org.world.switches
        word = self.org.others.word_of(policy.id, now)
        if word == "IGNORE" and switches.ignored_fastpass == "refused":
            return replace(now, methods=lambda: _without_fast_pass(now.methods()))
        if word is not None or switches.uncollected_devices == "known":
            return now
        return replace(
            now,
            registered=False,
            managed=False,
            assurances=self._assurances(seat, is_registered=False),
            methods=partial(self._methods, seat, None, None),
        )

    # Opening an app

    def open(self, app: App, seat: Seat) -> Outcome:
        """Open an app now. Return the outcome, which is kept as the last one."""
        user, policy = self.org.users[seat.user_id], self.org.policies.in_force(app)
        judgement: Judgement | None = None
        if user.status != "ACTIVE":
            reason = "user"
        elif app.status != "ACTIVE" or not app.groups & self.org.directory.groups_of(user.id):
            reason = "unassigned"
            self._log_use(
                "app.generic.unauth_app_access_attempt",
                "User attempted unauthorized access to app",
                user,
                app,
                seat,
                "FAILURE",
            )
        elif self.org.others.refuses_session(self.circumstances(seat)):
            reason = "session"
        else:
            judgement = self.judge_seat(policy, seat)
            reason = judgement.reason
            self._log_evaluation(judgement, policy, user, app, seat)
        rule = judgement.rule if judgement else None
        outcome = Outcome(
            user.id,
            user.login,
            app.id,
            app.label,
            seat.platform,
            seat.device_id,
            bool(judgement and judgement.admitted),
            reason,
            policy.id,
            rule.id if rule else None,
            rule.name if rule else None,
            iso(self.org.now()),
        )
        self.outcomes[user.id, app.id, seat] = outcome
        return outcome

    def _log_evaluation(
        self, judgement: Judgement, policy: Policy, user: User, app: App, seat: Seat
    ) -> None:
        word = "ALLOW" if judgement.admitted else "DENY"
        facts = {"client": _client(seat.platform), "device": self._device(seat)}
        self.org.event(
            "policy.evaluate_sign_on",
            "Evaluation of sign-on policy",
            actor=user.in_the_log,
            target=[app.in_the_log, *self._targets(policy, judgement)],
            outcome={"result": word, "reason": f"Sign-on policy evaluation resulted in {word}"},
            **facts,
        )
        if not judgement.admitted:
            if (
                judgement.reason == "unsatisfied"
                or self.org.world.switches.deny_access_events == "all"
            ):
                self.deny(user, app, UNMET if judgement.reason == "unsatisfied" else None, **facts)
            return
        link = self.find_registration(seat)[1]
        used = FASTPASS in self._seen_by(policy, seat).methods()
        if link and used and not self.org.is_off(FASTPASS[1]):
            self.org.registry.log_authentication(user, link, "SIGNED_NONCE", facts["client"])
        self._log_use("user.authentication.sso", "User single sign on to app", user, app, seat)

    def _targets(self, policy: Policy, judgement: Judgement) -> list[Json]:
        """Return the policy and the rule that decided; of a denial, all rules by a switch."""
        named = policy_targets(policy, judgement.rule)
        if judgement.admitted or self.org.world.switches.denial_rules == "one":
            return named
        return [named[0], *(policy_targets(policy, rule)[1] for rule in policy.rules)]

    def refuse(self, user: User, app: App) -> None:
        """Log that the last rule of an app refuses a user on a Mac that Okta does not know."""
        policy = self.org.policies.in_force(app)
        judgement = Judgement(policy.rules[-1], "denied")
        self._log_evaluation(judgement, policy, user, app, Seat(user.id, "MACOS"))

    def deny(self, user: User, app: App, reason: str | None = None, **facts: t.Any) -> None:
        """Log that a policy denied a user access to an app."""
        self.org.event(
            "application.policy.sign_on.deny_access",
            "Deny user access due to app sign on policy",
            actor=SYSTEM,
            target=[app.in_the_log, user.in_the_log],
            outcome={"result": "SUCCESS", "reason": reason},
            **facts,
        )

    def _log_use(
        self, event_type: str, message: str, user: User, app: App, seat: Seat, result: str = ""
    ) -> None:
        self.org.event(
            event_type,
            message,
            actor=user.in_the_log,
            target=[app.in_use, user.of_an_app],
            client=_client(seat.platform),
            device=self._device(seat),
            outcome={"result": result, "reason": None} if result else None,
        )

    def _device(self, seat: Seat) -> Json | None:
        record, link = self.find_registration(seat)
        return log_device(record, link) if record else None

    # Past use

    def remember(
        self, uses: t.Iterable[tuple[App, Seat, datetime]], number: t.Callable[[], int]
    ) -> int:
        """Write past uses of apps into the log. Return how many.

        ``number`` returns 128 random bits.
        """
        events = [
            Event(
                time.replace(microsecond=time.microsecond // 1000 * 1000),
                uuid.UUID(int=number(), version=4).int,
                "user.authentication.sso",
                "User single sign on to app",
                user.in_the_log,
                (app.in_use, user.of_an_app),
                client=_client(seat.platform),
            )
            for app, seat, time in uses
            for user in (self.org.users[seat.user_id],)
        ]
        self.org.log.add_history(events)
        return len(events)

    # For the control surface

    def describe(self, seats: t.Iterable[Seat]) -> Json:
        """Return seats and outcomes as JSON."""
        return {
            "seats": [self._describe(seat) for seat in seats],
            "outcomes": [outcome.as_dict() for outcome in self.outcomes.values()],
        }

    def _describe(self, seat: Seat) -> Json:
        record, link = self.find_registration(seat)
        around = self.surroundings.get(seat.user_id, Surroundings())
        return {
            "user_id": seat.user_id,
            "login": self.org.users[seat.user_id].login,
            "platform": seat.platform,
            "device_id": seat.device_id,
            "registered": record is not None,
            "managed": bool(link and link.managed),
            "zones": sorted(around.zones),
            "risk": around.risk,
            "assurances": sorted(around.assurances),
            "groups": sorted(self.org.directory.groups_of(seat.user_id)),
        }


def _without_fast_pass(methods: Methods) -> Methods:
    return {factor: facts for factor, facts in methods.items() if factor != FASTPASS}


def _client(platform: str) -> Json:
    """Return the client of events, which all events of a platform share."""
    return _CLIENTS[platform]


_CLIENTS = {
    platform: {
        "userAgent": {
            "rawUserAgent": f"Mozilla/5.0 ({system}) {browser.title()}",
            "os": system,
            "browser": browser,
        },
        "zone": "null",
        "device": kind,
        "id": None,
        "ipAddress": "198.51.100.7",
        "geographicalContext": GEOGRAPHY,
    }
    for platform, (system, kind, browser) in _BROWSERS.items()
}
