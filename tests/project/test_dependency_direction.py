# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of plugins/: a file imports from its own layer and from those below, never upwards."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from tools.support.environment import CHECKOUT

PLUGINS = CHECKOUT / "plugins"
# The first pattern that fits a file decides, so that the exceptions of a package come before its
# rest. HEIGHT has the order.
LAYERS: dict[str, tuple[str, ...]] = {
    "entry points": (
        "modules/*",
        "action/*",
        "plugin_utils/*",
        "callback/*",
        "inventory/*",
        "doc_fragments/*",
    ),
    "module bodies": ("module_utils/_module_bodies/*",),
    "context": ("module_utils/_core/module.py",),
    "core": ("module_utils/_core/*",),
    "http": ("module_utils/_http/*",),
    "clients": (
        "module_utils/_okta/client.py",
        "module_utils/_okta/authorities/records.py",
        "module_utils/_okta/authentication/auth.py",
        "module_utils/_okta/authentication/credentials.py",
        "module_utils/_okta/authentication/dpop.py",
        "module_utils/_okta/constants.py",
        "module_utils/_okta/authentication/private_key.py",
        "module_utils/_okta/authenticators/okta_verify_spellings.py",
        "module_utils/_okta/records.py",
        "module_utils/_okta/rule_schema.py",
        "module_utils/_okta/user_statuses.py",
        "module_utils/_kandji/client.py",
        "module_utils/_kandji/credentials.py",
        "module_utils/_kandji/constants.py",
        "module_utils/_kandji/records.py",
        "module_utils/_kandji/unreadable_fields.py",
        "module_utils/_scep/*",
    ),
    "readers": (
        "module_utils/_okta/*",
        "module_utils/_kandji/assignments.py",
        "module_utils/_kandji/lookups.py",
        "module_utils/_kandji/certificate_proof.py",
        "module_utils/_kandji/console_items.py",
        "module_utils/_kandji/profile_holders.py",
        "module_utils/_kandji/recheck.py",
        "module_utils/_kandji/devices_by_serial.py",
        "module_utils/_kandji/profiles/challenge.py",
        "module_utils/_kandji/profiles/mobileconfig.py",
        "module_utils/_kandji/profiles/payload_keys.py",
        "module_utils/_kandji/profiles/property_list.py",
        "module_utils/_kandji/profiles/references.py",
        "module_utils/_kandji/profiles/secrets.py",
        "module_utils/_fleet/certificates/check_report.py",
        "module_utils/_fleet/certificates/check_reader.py",
        "module_utils/_fleet/certificates/use.py",
        "module_utils/_fleet/enrolled_after_registration.py",
        "module_utils/_fleet/facts.py",
        "module_utils/_fleet/join.py",
        "module_utils/_fleet/certificates/ledger.py",
        "module_utils/_fleet/reader.py",
        "module_utils/_fleet/rings/reader.py",
        "module_utils/_fleet/other_tenants.py",
        "module_utils/_fleet/tenant_match.py",
        "module_utils/_access/forecast/sign_ins.py",
        "module_utils/_device_records/clean_up.py",
        "module_utils/_device_records/reader.py",
        "module_utils/_device_records/model.py",
        "module_utils/_tenant_check/answers.py",
        "module_utils/_tenant_check/reads.py",
    ),
    # Reads that a plan asks for.
    "evidence": (
        "module_utils/_kandji/profiles/redelivery_reader.py",
        "module_utils/_access/policies/moves_reader.py",
        "module_utils/_access/forecast/report_access_reader.py",
        "module_utils/_access/forecast/directory.py",
        "module_utils/_access/policies/recheck.py",
        "module_utils/_access/forecast/forecast_reader.py",
        "module_utils/_access/forecast/policy_changes.py",
        "module_utils/_access/guards/break_glass.py",
        "module_utils/_access/guards/change_guard.py",
        "module_utils/_access/guards/protected_apps.py",
        "module_utils/_access/forecast/other_policies_reader.py",
        "module_utils/_access/policies/lookups.py",
        "module_utils/_access/forecast/simulation.py",
        "module_utils/_fleet/registration.py",
        "module_utils/_device_records/evidence.py",
    ),
    "writers": (
        "module_utils/_kandji/assignment_apply.py",
        "module_utils/_kandji/check_in_requests.py",
        "module_utils/_kandji/profiles/apply.py",
        "module_utils/_kandji/profiles/enrollment_test.py",
        "module_utils/_kandji/profiles/redelivery_apply.py",
        "module_utils/_access/policies/apply.py",
        "module_utils/_access/rules/rule_set_apply.py",
        "module_utils/_device_records/apply.py",
        "module_utils/_device_records/audit.py",
        "module_utils/_device_records/session_revocation.py",
        "module_utils/_report/report_files.py",
        "module_utils/_tenant_check/trial_apply.py",
    ),
    "plans": (
        "module_utils/_kandji/*",
        "module_utils/_fleet/*",
        "module_utils/_access/*",
        "module_utils/_device_records/*",
        "module_utils/_report/*",
        "module_utils/_tenant_check/*",
    ),
}
HEIGHT = {
    name: height
    for height, name in enumerate(
        (
            "core",
            "http",
            "clients",
            "readers",
            "plans",
            "evidence",
            "writers",
            "context",
            "module bodies",
            "entry points",
        )
    )
}
CLIENTS = ("module_utils/_okta/client.py", "module_utils/_kandji/client.py")
# What a docstring says of a file that neither reads nor writes; others name their exceptions.
PURE = re.compile(r"\bPure\b(?!,? (?:but|except)\b)")
# What opens connections. Only _http may import it.
NETWORK = ("requests", "urllib3", "http.client", "urllib.request", "socket", "ssl")
ACCESS_MODULES = (
    "modules/okta_access_policy*.py",
    "modules/okta_sign_in_denials_info.py",
    "modules/device_trust_report.py",  # whom the rules of apps refuse when Macs are managed no more
)


@cache
def place_of(file: str) -> tuple[str, str]:
    """Return the layer of a file below plugins/, and the pattern that decides it.

    Raises ValueError if no layer names the file.
    """
    for name, patterns in LAYERS.items():
        for pattern in patterns:
            if fnmatch(file, pattern):
                return name, pattern
    raise ValueError(f"{file}: it has no layer. Add it to LAYERS.")


def layer_of(file: str) -> str:
    return place_of(file)[0]


def idle_patterns(files: Iterable[str]) -> list[str]:
    """Return the patterns that decide the layer of no file."""
    needed = {place_of(file) for file in files}
    return [
        pattern
        for name, patterns in LAYERS.items()
        for pattern in patterns
        if (name, pattern) not in needed
    ]


@cache
def imports_of(file: str, text: str, files: frozenset[str]) -> set[str]:
    """Return what a file imports: files below plugins/ by their paths, all else by its name."""
    imports: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imports |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imports |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = Path(file).parents[node.level - 1]
            module = package.joinpath(*(node.module or "").split("."))
            for alias in node.names:
                submodule = (module / f"{alias.name}.py").as_posix()
                imports.add(submodule if submodule in files else f"{module.as_posix()}.py")
    return imports


def problems(sources: dict[str, str]) -> list[str]:
    """Return the imports that point upwards, and those that only some files may have."""
    files, wrong = frozenset(sources), []
    for file, text in sorted(sources.items()):
        layer = layer_of(file)
        for name in sorted(imports_of(file, text, files)):
            if name in files:
                above = layer_of(name)
                if HEIGHT[above] > HEIGHT[layer]:
                    wrong.append(f"{file} ({layer}) imports {name} ({above})")
                if layer == "plans" and name in CLIENTS:
                    wrong.append(f"{file} imports {name}: plans take values")
                elif name in CLIENTS and PURE.search(ast.get_docstring(ast.parse(text)) or ""):
                    wrong.append(f"{file} imports {name}: it says that it is pure")
                if "/_access/" in name and "/_access/" not in file and not is_access_module(file):
                    wrong.append(f"{file} imports {name}: _access is for the access modules")
            elif name.split(".")[0] in NETWORK or name.startswith(NETWORK):
                if layer != "http":
                    wrong.append(f"{file} imports {name}: only _http opens connections")
    return wrong


def is_access_module(file: str) -> bool:
    return any(fnmatch(file, pattern) for pattern in ACCESS_MODULES)


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    return {
        path.relative_to(PLUGINS).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(PLUGINS.rglob("*.py"))
    }


def test_no_import_of_the_collection_points_upwards(sources):
    assert len(sources) > 50
    assert problems(sources) == []


def test_every_pattern_decides_the_layer_of_a_file(sources):
    assert idle_patterns(sources) == []


def test_a_pattern_without_a_file_is_found(sources):
    without = [file for file in sources if file != "module_utils/_okta/authentication/dpop.py"]
    assert idle_patterns(without) == ["module_utils/_okta/authentication/dpop.py"]


def test_every_relative_import_leads_to_a_file(sources):
    """A name that this test cannot place would be judged by nobody."""
    lost = {
        (file, name)
        for file, text in sources.items()
        for name in imports_of(file, text, frozenset(sources))
        if "/" in name and name not in sources
    }
    assert lost == set()


@pytest.mark.parametrize(
    ("file", "line", "problem"),
    [
        (
            "module_utils/_kandji/client.py",
            "from .profiles.plan import plan_profile",
            "(clients) imports module_utils/_kandji/profiles/plan.py (plans)",
        ),
        (
            "module_utils/_http/transport.py",
            "from .._okta import client",
            "(http) imports module_utils/_okta/client.py (clients)",
        ),
        (
            "module_utils/_fleet/reader.py",
            "from .rings.gate import judge",
            "(readers) imports module_utils/_fleet/rings/gate.py (plans)",
        ),
        (
            "module_utils/_device_records/plan.py",
            "from ...modules import okta_device_reset",
            "(plans) imports modules/okta_device_reset.py (entry points)",
        ),
        (
            "module_utils/_access/rules/plan.py",
            "from ..policies.apply import Policies",
            "(plans) imports module_utils/_access/policies/apply.py (writers)",
        ),
        (
            "module_utils/_access/forecast/directory.py",
            "from ..policies.apply import Policies",
            "(evidence) imports module_utils/_access/policies/apply.py (writers)",
        ),
        (
            "module_utils/_fleet/rings/gate.py",
            "from ..._kandji.client import Kandji",
            "plans take values",
        ),
        (
            "module_utils/_okta/authorities/renewal.py",
            "from ..client import Okta",
            "it says that it is pure",
        ),
        ("module_utils/_okta/client.py", "import requests", "only _http opens connections"),
        (
            "modules/okta_device_info.py",
            "from urllib.request import urlopen",
            "only _http opens connections",
        ),
        (
            "modules/device_trust_info.py",
            "from ..module_utils._access.rules.plan import Rule",
            "_access is for the access modules",
        ),
    ],
)
def test_an_import_that_points_upwards_is_found(sources, file, line, problem):
    before = problems(sources)
    injected = {**sources, file: f"{sources[file]}\n{line}\n"}
    new = [text for text in problems(injected) if text not in before]
    assert any(problem in text for text in new), new


def test_a_file_without_a_layer_is_found():
    with pytest.raises(ValueError, match="has no layer"):
        layer_of("module_utils/_new/things.py")
