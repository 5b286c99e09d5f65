# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of writes that changes several rules of a policy, whose first match decides. Pure.

Okta writes one rule at a time, and each write is in force at once. In each state between them, the
first rule that matches a sign-in is the one that decides by the old rules, or by the new ones. For
this, the rules are changed from the top, and the old form of each stays below it as a copy. When
all new forms are there, the catch-all rule follows. Then the old forms leave from the bottom. This
holds for each condition, also for those that nobody can evaluate beforehand.

A single rule with the conditions of both ends cannot do the same: a rule has one list of groups and
one of platforms. With both groups and both platforms it would match sign-ins that neither end has.
Without the excluded groups that only one end has, it would match who is in one group of each.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
from dataclasses import dataclass, field, replace

from ..._core.errors import Unreadable
from ..._okta.records import PolicyRule
from .comparison import comparable_content
from .rule_order import Rules

_COPY = re.compile(r"\[earlier form of ([^\[\]]+) ([0-9a-f]{8})(?: \d+)?\]")


@dataclass(frozen=True)
class RuleWrite:
    """One write.

    ``action`` is copy, create, replace, activate, deactivate or delete. ``name`` is that of the
    rule, ``source`` that of a copied one. ``rules`` are all rules after it, in order.
    """

    action: str
    name: str
    rules: tuple[PolicyRule, ...]
    source: str = ""

    @property
    def index(self) -> int:
        """The place of the rule after the write, -1 if there is none."""
        names = [rule.name for rule in self.rules]
        return names.index(self.name) if self.name in names else -1


def looks_like_copy(name: str) -> bool:
    """Return whether a rule has a name that a copy may have. A person may give it, too."""
    return _COPY.fullmatch(name) is not None


def find_copies(rules: Rules) -> set[str]:
    """Return the names of the rules of a policy that are copies which this collection made.

    The name holds the id of a rule of the same policy, and a digest of what the copy holds. One
    that somebody edited is none any more, unless it is inactive, and so has no effect.
    """
    ids = {rule.id for rule in rules if rule.id}
    copies = set()
    for rule in rules:
        match = _COPY.fullmatch(rule.name)
        if match and match[1] in ids and (rule.is_inactive or match[2] == _digest(rule)):
            copies.add(rule.name)
    return copies


def name_copy(rule: PolicyRule, names: t.Container[str]) -> str:
    """Return the name of the copy of a rule, which no other rule has."""
    name, number = f"[earlier form of {rule.id} {_digest(rule)}]", 2
    while name in names:
        name, number = f"[earlier form of {rule.id} {_digest(rule)} {number}]", number + 1
    return name


def _digest(rule: PolicyRule) -> str:
    """Return a short digest of what a rule does. It shows an edit, and proves no identity."""
    text = json.dumps(comparable_content(rule), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def plan_writes(
    before: Rules, after: Rules, written: t.Container[str], switched: t.Container[str]
) -> list[RuleWrite]:
    """Return the writes that lead from some rules to others, none if both are the same.

    Rules that are not written have the same order before and after.

    :arg before: the rules in order; the catch-all rule is the last.
    :arg after: the same as they will be. New rules have no id.
    :arg written: the names of the rules whose content or place changes.
    :arg switched: the names of the rules whose status changes.
    """
    planner = _Planner(list(before), list(after), written, switched)
    planner.remove_inactive()
    for target in planner.targets:
        planner.reach(target)
    planner.write_catch_all()
    planner.remove_earlier()
    return planner.writes


@dataclass
class _Planner:
    """The rules while they change: ``state`` are those in force after the writes so far."""

    state: list[PolicyRule]
    after: list[PolicyRule]
    written: t.Container[str]
    switched: t.Container[str]
    writes: list[RuleWrite] = field(default_factory=list)
    settled: set[str] = field(default_factory=set)  # names of the rules that have their new place

    def __post_init__(self) -> None:
        self.earlier = {rule.name: rule for rule in self.state}
        self.future = {rule.name: rule for rule in self.after}
        self.copies = find_copies(self.state)

    @property
    def targets(self) -> list[PolicyRule]:
        """The rules that get their new form, from the top."""
        return [rule for rule in self.after if not rule.system and self._is_changed(rule.name)]

    def _is_changed(self, name: str) -> bool:
        return not self._is_fixed(name) or name in self.switched

    def _is_fixed(self, name: str) -> bool:
        """Return whether a rule keeps its place all the time."""
        return name in self.earlier and name in self.future and name not in self.written

    def _ends(self, name: str) -> bool:
        """Return whether an active rule is not there, or not in force, at the end."""
        earlier, future = self.earlier.get(name), self.future.get(name)
        if name in self.copies or future is None:
            return True
        return earlier is not None and not earlier.is_inactive and future.is_inactive

    def remove_inactive(self) -> None:
        """Delete what has no effect. The names of copies that were never active become free."""
        for rule in list(self.state):
            if rule.is_inactive and rule.name not in self.future:
                self._drop(rule.name)

    def reach(self, target: PolicyRule) -> None:
        """Give a rule its new form, above all that follow it."""
        earlier = self.earlier.get(target.name)
        if earlier is None:
            self._write("create", target)
        elif earlier.is_inactive:
            if target.name in self.written:
                self._write("replace", replace(target, status="INACTIVE"))
            if not target.is_inactive:
                self._switch("activate", target.name, "ACTIVE")
        elif not target.is_inactive:
            if target.name in self.written:
                if not self._is_last_switch(target):
                    self._copy(earlier)
                self._write("replace", replace(target, status=earlier.status))
            if target.name in self.switched:
                self._switch("activate", target.name, "ACTIVE")

    def _is_last_switch(self, target: PolicyRule) -> bool:
        """Return whether one write may replace the old form of a rule by the new one.

        No other rule waits for its new form, and no old form is below.
        """
        catch_all = self.after[-1].name if self.after and self.after[-1].system else None
        if target is not self.targets[-1] or (catch_all is not None and catch_all in self.written):
            return False
        low, high = self._bounds(target.name)
        place = self._place(target.name)
        below = self.state[place + 1 :]
        return low <= place <= high and not any(
            self._ends(rule.name) and not rule.is_inactive for rule in below if not rule.system
        )

    def write_catch_all(self) -> None:
        """Write the catch-all rule: to the sign-ins that reach it, the new rules apply."""
        for rule in self.after:
            if rule.system and rule.name in self.written:
                self.state[self._place(rule.name)] = rule
                self._add("replace", rule.name)

    def remove_earlier(self) -> None:
        """Remove the old forms from the bottom."""
        for rule in reversed(list(self.state)):
            if rule.system or not self._ends(rule.name) or rule.is_inactive:
                continue
            if rule.name not in self.future:
                self._drop(rule.name)
                continue
            self._switch("deactivate", rule.name, "INACTIVE")
            if rule.name in self.written:
                self._write("replace", self.future[rule.name])

    def _copy(self, rule: PolicyRule) -> None:
        """Add a copy below a rule, which is not in force before its place is known.

        Raises Unreadable for a rule of which nobody knows whether it is in force.
        """
        if rule.status != "ACTIVE":
            raise Unreadable(
                f"Rule {rule.name!r}: Okta shows the status {rule.status!r}, so whether it applies"
                " is unknown, and it cannot change together with other rules. Set its status in the"
                " Admin Console.",
                vendor="okta",
            )
        place = self._place(rule.name) + 1
        if any(self._is_copy_of(each, rule) for each in self.state[place : place + 1]):
            return  # an interrupted change left it
        name = name_copy(rule, [each.name for each in self.state])
        self.copies.add(name)
        copy = replace(
            rule, id="", name=name, status="INACTIVE", row={**rule.row, "name": name, "id": ""}
        )
        self.state.insert(place, copy)
        self._add("copy", name, rule.name)
        self._switch("activate", name, "ACTIVE")

    def _is_copy_of(self, copy: PolicyRule, rule: PolicyRule) -> bool:
        """Return whether a rule is in force as a copy of another one, with what that one holds."""
        is_in_force = copy.name in self.copies and copy.status == "ACTIVE"
        return is_in_force and comparable_content(copy) == comparable_content(rule)

    def _write(self, action: str, rule: PolicyRule) -> None:
        """Write a rule where it is, if that is right, else right after those that precede it."""
        low, high = self._bounds(rule.name)
        place = low
        if action == "replace":
            present = self._place(rule.name)
            self.state.pop(present)
            if low <= present <= high:
                place = present
        self.state.insert(place, rule)
        self.settled.add(rule.name)
        self._add(action, rule.name)

    def _bounds(self, name: str) -> tuple[int, int]:
        """Return the first and the last place for a rule among the other rules."""
        names = [rule.name for rule in self.state if rule.name != name]
        order = [rule.name for rule in self.after]
        cut = order.index(name)
        preceding = [
            names.index(each) + 1
            for each in order[:cut]
            if each in names and not self._is_waiting(each)
        ]
        following = [
            names.index(each)
            for each in order[cut + 1 :]
            if each in names
            and (self.future[each].system or self._is_fixed(each) or each in self.settled)
        ]
        return max(preceding, default=0), min(following, default=len(names))

    def _is_waiting(self, name: str) -> bool:
        """Return whether a rule has its old place until it is deactivated."""
        in_force = {rule.name for rule in self.state if not rule.is_inactive}
        return name in self.written and self._ends(name) and name in in_force

    def _place(self, name: str) -> int:
        return [rule.name for rule in self.state].index(name)

    def _switch(self, action: str, name: str, status: str) -> None:
        place = self._place(name)
        rule = self.state[place]
        self.state[place] = replace(rule, status=status, row={**rule.row, "status": status})
        self._add(action, name)

    def _drop(self, name: str) -> None:
        self.state.pop(self._place(name))
        self._add("delete", name)

    def _add(self, action: str, name: str, source: str = "") -> None:
        self.writes.append(RuleWrite(action, name, tuple(self.state), source))
