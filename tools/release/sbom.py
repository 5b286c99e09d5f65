# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bill of materials of a release: the collection and its Python packages."""

from __future__ import annotations

import typing as t

Json = dict[str, t.Any]

REFERENCE = "devicetrust.okta_kandji"
NEEDED = ("ansible-core", "requests", "cryptography", "asn1crypto", "PyJWT")
# Of the environment that was looked at, and no part of what runs.
NOT_OURS = ("pip", "setuptools", "wheel")


def completed(document: Json, galaxy: t.Mapping[str, t.Any], sha256: str) -> Json:
    """Return the document of an environment, with the collection as its subject.

    Raises ValueError if a package that the collection needs is missing.
    """
    kept = [each for each in document["components"] if each["name"].lower() not in NOT_OURS]
    references = {each["name"].lower(): each["bom-ref"] for each in kept}
    lacking = [name for name in NEEDED if name.lower() not in references]
    if lacking:
        raise ValueError(f"The environment lacks {', '.join(lacking)}.")
    removed = {each["bom-ref"] for each in document["components"]} - set(references.values())
    depends = [
        _without(each, removed)
        for each in document.get("dependencies", [])
        if each["ref"] not in removed and each["ref"] in set(references.values())
    ]
    depends.insert(
        0, {"ref": REFERENCE, "dependsOn": sorted(references[name.lower()] for name in NEEDED)}
    )
    subject = {
        "type": "library",
        "bom-ref": REFERENCE,
        "group": galaxy["namespace"],
        "name": galaxy["name"],
        "version": str(galaxy["version"]),
        "description": galaxy["description"],
        "licenses": [{"license": {"id": each}} for each in galaxy["license"]],
        "hashes": [{"alg": "SHA-256", "content": sha256}],
        "externalReferences": [{"type": "vcs", "url": galaxy["repository"]}],
    }
    return {
        **document,
        "metadata": {**document.get("metadata", {}), "component": subject},
        "components": kept,
        "dependencies": depends,
    }


def reading_problems(
    read: t.Iterable[tuple[str, str]], installed: t.Iterable[tuple[str, str]]
) -> list[str]:
    """Return where the packages that a reader of the document sees differ from the installed ones.

    Both are names and versions.
    """
    seen = {(name.lower(), version) for name, version in read}
    wanted = {(name.lower(), version) for name, version in installed}
    wanted = {each for each in wanted if each[0] not in NOT_OURS}
    return [
        f"{name} {version} is installed, and the bill of materials does not list it."
        for name, version in sorted(wanted - seen)
    ] + [
        f"{name} {version} is in the bill of materials, and not installed."
        for name, version in sorted(seen - wanted)
    ]


def _without(dependency: Json, removed: t.AbstractSet[str]) -> Json:
    return (
        {
            **dependency,
            "dependsOn": [each for each in dependency["dependsOn"] if each not in removed],
        }
        if "dependsOn" in dependency
        else dependency
    )
