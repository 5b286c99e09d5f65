# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""End the sessions of users, each user's once, and keep it in the audit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from .._core.errors import DeviceTrustError, Refused
from .._okta.client import Okta
from .._okta.records import DeviceUser
from .audit import Audit
from .messages import RecordOutcome
from .model import Decision, RecordTarget, Sessions, login_of
from .reader import read_sessions


class SessionRevocation:
    """The sessions that a run revokes, if it is ``wanted``. Check mode only counts them."""

    def __init__(
        self,
        okta: Okta,
        audit: Audit,
        warn: Callable[[str], None],
        wanted: bool,
        check_mode: bool,
    ) -> None:
        self._okta, self._audit, self._warn = okta, audit, warn
        self._wanted, self._check_mode = wanted, check_mode
        self._revoked: dict[str, str] = {}  # user id -> login
        self._ended: dict[str, tuple[str, datetime]] = {}  # user id -> login and when

    @property
    def logins(self) -> list[str]:
        """The logins of the users whose sessions were revoked, or would be."""
        return sorted(self._revoked.values())

    @property
    def ended(self) -> dict[str, datetime]:
        """When the sessions of the other users ended before, by login."""
        return {
            login: time
            for user_id, (login, time) in self._ended.items()
            if user_id not in self._revoked
        }

    def find_persons(self, names: Iterable[str], now: datetime) -> list[RecordTarget]:
        """Return those of these users whose sessions end, also without a record that changes.

        Those whose sessions ended since they last signed in are left out, as the System Log shows.
        Without it, all of them may have one. Raises Refused for a name that Okta does not know, as
        an old one of a person who has another now: whose sessions to end is unknown.
        """
        persons = []
        for name in dict.fromkeys(names if self._wanted else ()):
            user = self._okta.user(name)
            if user is None:
                raise Refused(
                    f"revoke_sessions: Okta has no user {name!r}, so whose sessions to end is"
                    " unknown. Nothing was written. Correct the name, or leave out revoke_sessions"
                    " if the user is deleted in Okta."
                )
            person = RecordTarget(name, by_user=True, users=(DeviceUser(user),))
            if person.active_users and self._may_have_sessions(person, now):
                persons.append(person)
        return persons

    def _may_have_sessions(self, person: RecordTarget, now: datetime) -> bool:
        (user,) = person.users
        try:
            sessions = read_sessions(self._okta, [user.user.id], now)
        except DeviceTrustError as error:
            self._warn(
                f"Whether the sessions of {user.user.id} ended before is unknown. {error.message}"
            )
            return True
        return self._is_open(user, sessions[user.user.id])

    def _is_open(
        self, user: DeviceUser, sessions: Sessions, changed: datetime | None = None
    ) -> bool:
        """Return whether a user may have a session, and keep when all ended."""
        if sessions.ended is None or sessions.may_be_open(changed):
            return True
        self._ended[user.user.id] = login_of(user), sessions.ended
        return False

    def may_follow(self, decisions: Iterable[Decision]) -> bool:
        """Return whether users of records that are suspended already may lose their sessions."""
        return self._wanted and any(
            decision.action == "none" and decision.target.device and decision.target.active_users
            for decision in decisions
        )

    def revoke_after(self, outcomes: Sequence[RecordOutcome], now: datetime) -> None:
        """Revoke the sessions of the users of all suspended records.

        After the last suspension: no missing permission keeps a Mac from being suspended. Users of
        a record that was suspended before lose them, too, unless the System Log shows that they
        lost them since, and after they signed in last. So the next run after an interruption
        finishes.
        """
        if not self._wanted:
            return
        before = [
            each.decision.target
            for each in outcomes
            if each.state == "unchanged" and not each.decision.writes
        ]
        users = {user.user.id for target in before for user in target.active_users}
        sessions = read_sessions(self._okta, users, now)
        for outcome in outcomes:
            if outcome.state == "unchanged" and not outcome.decision.writes:
                self.revoke(outcome.decision.target, sessions)
            elif outcome.is_written or outcome.state == "unchanged":
                self.revoke(outcome.decision.target)

    def revoke(self, target: RecordTarget, sessions: Mapping[str, Sessions] | None = None) -> None:
        """Revoke the sessions of a record's users.

        :arg sessions: of users of a record that was suspended before. Those whose sessions ended
            since then, and after they signed in last, are left out.
        """
        for user in target.active_users if self._wanted else ():
            known = (sessions or {}).get(user.user.id)
            changed = target.updated_at
            if user.user.id in self._revoked or (
                known and changed and not self._is_open(user, known, changed)
            ):
                continue
            if not self._check_mode:
                self._end_sessions(target, user)
            self._revoked[user.user.id] = login_of(user)

    def _end_sessions(self, target: RecordTarget, user: DeviceUser) -> None:
        def end() -> str:
            self._okta.revoke_sessions(user.user.id)
            return "done"

        self._audit.carry_out(target, "revoked", end, self._okta, user)
