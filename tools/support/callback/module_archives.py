# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the archives that Ansible makes of modules, below MODULE_ARCHIVES.

Ansible makes the archive of a module again in every run. It is the same as long as the collection,
Ansible and Python are.
"""

from __future__ import annotations

DOCUMENTATION = """
    name: module_archives
    type: notification
    short_description: Keeps the archives that Ansible makes of modules
    description:
      - For the tests and the demonstration of this checkout; not part of the collection.
"""

import contextlib
import hashlib
import os
import shutil
import sys
import typing as t
from pathlib import Path

from ansible import constants
from ansible.plugins.callback import CallbackBase
from ansible.release import __version__
from ansible.utils.collection_loader._collection_finder import _get_collection_path

COLLECTION = "devicetrust.okta_kandji"
MAX_DIRECTORIES = 8  # a run at the same time may have another Ansible or Python
PREFIXES = ("ansible.modules.", f"ansible_collections.{COLLECTION}.")


class CallbackModule(CallbackBase):
    """Bring the archives of earlier runs, and take along those of this one."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "module_archives"
    CALLBACK_NEEDS_ENABLED = False

    def __init__(self) -> None:
        super().__init__()
        self._here = Path(constants.DEFAULT_LOCAL_TMP) / "ansiballz_cache"
        self._kept = kept_directory(os.environ.get("MODULE_ARCHIVES", ""))
        self._here.mkdir(exist_ok=True)
        if self._kept:
            copy_archives(self._kept, self._here)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """Keep the archives that this run made."""
        if self._kept:
            copy_archives(self._here, self._kept)


def kept_directory(root: str) -> Path | None:
    """Return the directory of the archives of this collection, Ansible and Python."""
    if not root:
        return None
    try:
        plugins = Path(_get_collection_path(COLLECTION)) / "plugins"
    except ValueError:  # the playbook needs no collection
        return None
    parts = [__version__, sys.version, str(plugins)]
    for directory in ("modules", "module_utils"):
        for path in sorted((plugins / directory).rglob("*.py")):
            state = path.stat()
            parts.append(f"{path} {state.st_mtime_ns} {state.st_size} {state.st_ino}")
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    kept = Path(root) / digest
    kept.mkdir(parents=True, exist_ok=True)
    os.utime(kept)
    prune(Path(root))
    return kept


def prune(root: Path) -> None:
    """Delete all directories but those that runs used last: each edit of a file makes another."""
    ages = {}
    for path in root.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another run deletes, too
            ages[path] = path.stat().st_mtime_ns
    for path in sorted(ages, key=ages.__getitem__, reverse=True)[MAX_DIRECTORIES:]:
        shutil.rmtree(path, ignore_errors=True)


def copy_archives(source: Path, target: Path) -> None:
    """Copy the archives that are not there yet, each whole or not at all."""
    for path in source.iterdir():
        is_archive = path.name.startswith(PREFIXES) and path.suffix not in (".lock", ".draft")
        if is_archive and not path.name.endswith("-part") and not (target / path.name).exists():
            draft = target / f"{path.name}.{os.getpid()}.draft"
            try:
                shutil.copyfile(path, draft)
                draft.replace(target / path.name)
            except OSError:
                draft.unlink(missing_ok=True)
