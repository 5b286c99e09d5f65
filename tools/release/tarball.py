# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a built collection reproducible: the same files give the same bytes.

``ansible-galaxy collection build`` writes the time of the build, and lists files in the order of
the disk.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import typing as t
from pathlib import Path

MANIFEST, FILES = "MANIFEST.json", "FILES.json"


def names(file: Path) -> list[str]:
    """Return the names of the files in a tarball."""
    with tarfile.open(file) as archive:
        return [member.name for member in archive.getmembers() if member.isfile()]


def digest(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def normalise(file: Path, timestamp: int) -> None:
    """Rewrite a tarball in place. ``timestamp``: the time of all its members, in seconds."""
    with tarfile.open(file) as archive:
        entries = [(member, _read_member(archive, member)) for member in archive.getmembers()]
    contents = {member.name: content for member, content in entries}
    contents[FILES], contents[MANIFEST] = _sorted(contents[FILES], contents[MANIFEST])
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member, _unused in sorted(entries, key=_place):
            archive.addfile(
                _plain(member, len(contents[member.name]), timestamp),
                io.BytesIO(contents[member.name]),
            )
    with (
        file.open("wb") as handle,
        gzip.GzipFile(
            filename="", mode="wb", compresslevel=9, fileobj=handle, mtime=0
        ) as compressed,
    ):
        compressed.write(packed.getvalue())


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    handle = archive.extractfile(member)  # None for a directory
    return handle.read() if handle else b""


def _place(entry: tuple[tarfile.TarInfo, bytes]) -> tuple[bool, bool, str]:
    """Return the sort key of a member: the manifest first, as readers expect it."""
    name = entry[0].name
    return name != MANIFEST, name != FILES, name


def _plain(member: tarfile.TarInfo, size: int, timestamp: int) -> tarfile.TarInfo:
    plain = tarfile.TarInfo(member.name)
    plain.type, plain.linkname, plain.size, plain.mtime = (
        member.type,
        member.linkname,
        size,
        timestamp,
    )
    plain.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return plain


def _sorted(files: bytes, manifest: bytes) -> tuple[bytes, bytes]:
    """Return the sorted list of files, and the manifest with the checksum of the list."""
    listed: dict[str, t.Any] = json.loads(files)
    listed["files"].sort(key=lambda row: row["name"])
    files = json.dumps(listed, indent=True).encode()
    document = json.loads(manifest)
    document["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(files).hexdigest()
    return files, json.dumps(document, indent=True).encode()
