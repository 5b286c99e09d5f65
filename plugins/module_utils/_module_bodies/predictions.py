# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other modules as parts of one run: what each predicts, in check mode."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._core.errors import BadOption, DeviceTrustError
from .._core.module import ModuleContext
from .._core.options import CONNECTION, KANDJI, OKTA, ArgumentSpec, Params
from .._core.results import Result
from .._http.operations import Operation

SHARED = frozenset((*OKTA, *KANDJI, *CONNECTION))  # options that every part takes from the run


class Part(t.NamedTuple):
    """Another module.

    :arg option: names its options in the options of the run, and its result in the run's.
    :arg spec: its argument spec and the rules of it, as AnsibleModule takes them.
    """

    option: str
    run: t.Callable[..., Result]
    uses: t.Sequence[Operation]
    spec: t.Mapping[str, object]


def predict(ctx: ModuleContext, part: Part, options: Params, **known: object) -> Result:
    """Return the result of a part, with its warnings. An error is a result, too.

    :arg ctx: of the run. The connection options are its own.
    :arg options: those of the part that do not have their defaults.
    :arg known: further arguments of the part's function.
    """
    warnings: list[str] = []
    try:
        context = ctx.part(_params(ctx, part, options), part.uses, warnings.append)
        result = {**part.run(context, **known)}
    except DeviceTrustError as error:
        result = {**error.details, "changed": False, "failed": True, "msg": error.message}
    return {**result, "warnings": warnings}


def _params(ctx: ModuleContext, part: Part, options: Params) -> Params:
    """Return all options of a part. Raises BadOption."""
    spec = dict(part.spec)
    table = t.cast(ArgumentSpec, spec.pop("argument_spec"))
    shared = {name: ctx.params[name] for name in SHARED & table.keys() & ctx.params.keys()}
    validated = ArgumentSpecValidator(table, **spec).validate({**options, **shared})
    if validated.error_messages:
        reasons = "; ".join(each.rstrip(".") for each in validated.error_messages)
        raise BadOption(f"{part.option}: {reasons}. Correct its options.", option=part.option)
    params: Params = validated.validated_parameters
    return params
