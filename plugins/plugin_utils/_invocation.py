# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the command line of a run, and why a run may have no variables."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

DEFAULT_INVENTORY = "/etc/ansible/hosts"  # of Ansible without -i
# Tags that Ansible itself gives a meaning.
SPECIAL_TAGS = frozenset(("all", "always", "never", "tagged", "untagged"))


@dataclass(frozen=True)
class Invocation:
    """How a playbook was started.

    :arg playbooks: the playbooks of the command line, as paths or full names.
    :arg tags: of --tags. :arg skip_tags: of --skip-tags.
    :arg inventory: the sources of the inventory, as absolute paths or lists of hosts.
    :arg has_hosts: whether the inventory has a host; the implicit localhost is not one.
    """

    playbooks: Sequence[str] = ()
    tags: Sequence[str] = ()
    skip_tags: Sequence[str] = ()
    inventory: Sequence[str] = ()
    has_hosts: bool = True


def find_unknown_tags(invocation: Invocation, playbook: str, known: Sequence[str]) -> list[str]:
    """Return a sentence for each tag that selects or skips nothing.

    A playbook of the user that imports this one may have tags of its own, so its run is not
    checked.

    :arg known: the tags of the playbook.
    """
    if not any(_name(each) == playbook for each in invocation.playbooks):
        return []
    remedy = f"Use {', '.join(known)}" if known else "Leave it out: this playbook has no tags"
    return [
        f"{option}: the playbook has no tag '{tag}'. {remedy}."
        for option, tags in (("--tags", invocation.tags), ("--skip-tags", invocation.skip_tags))
        for tag in tags
        if tag not in SPECIAL_TAGS and tag not in known
    ]


def explain_inventory(invocation: Invocation) -> list[str]:
    """Return why no variable of an inventory may be known: Ansible read no host of it."""
    if invocation.has_hosts:
        return []
    files = [source for source in invocation.inventory if os.path.isabs(source)]
    problems = [
        f"-i: {file} has no host that Ansible could read. Correct the file; the warnings at the"
        " beginning of the run name the line."
        if os.path.exists(file)
        else f"-i: {file} does not exist. Correct the path."
        for file in files
        if file != DEFAULT_INVENTORY
    ]
    return problems or ["-i: no inventory was read. Name yours, like -i inventory.yml."]


def _name(playbook: str) -> str:
    """Return the name of a playbook: of its file, or the last part of its full name."""
    base = os.path.basename(playbook)
    stem, extension = os.path.splitext(base)
    return stem if extension in (".yml", ".yaml") else base.rpartition(".")[2]
