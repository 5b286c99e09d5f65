# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compile a vendor's OpenAPI 3.0 description into JSON Schemas that are closed.

A description allows fields that it does not name. A lab that must not invent fields closes the
objects. If only an example describes an answer, its keys and their types are the description; any
of its scalars may be null.
"""

from __future__ import annotations

import re
import typing as t

Schema = dict[str, t.Any]

VERBS = ("get", "put", "post", "patch", "delete")
_KEPT = (
    "type",
    "enum",
    "format",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "pattern",
)
_PLACE = re.compile(r"\{[^}]*\}")


class Description:
    """One description.

    ``find`` returns the operation of a verb and a path template, for any names in its braces.
    """

    def __init__(self, document: Schema) -> None:
        self.document = document
        self.operations: dict[tuple[str, str], Schema] = {}
        for path, item in document["paths"].items():
            for verb in VERBS:
                if verb in item:
                    parameters = [
                        self.resolve(parameter)
                        for parameter in [
                            *item.get("parameters", []),
                            *item[verb].get("parameters", []),
                        ]
                    ]
                    self.operations[verb.upper(), places(path)] = {
                        **item[verb],
                        "parameters": parameters,
                    }

    def resolve(self, raw: Schema) -> Schema:
        """Return the schema to which ``$ref`` leads."""
        while "$ref" in raw:
            target: t.Any = self.document
            for name in raw["$ref"].removeprefix("#/").split("/"):
                target = target[name.replace("~1", "/").replace("~0", "~")]
            raw = target
        return raw

    def find(self, verb: str, template: str) -> Schema | None:
        """Return the operation of a verb and a path template, or None."""
        return self.operations.get((verb, places(template)))

    def content(self, part: Schema) -> dict[str, Schema]:
        """Return the media types of a request body or an answer with their descriptions."""
        return {
            name.split(";")[0].strip().lower(): media
            for name, media in self.resolve(part).get("content", {}).items()
        }

    def schema(self, media: Schema, *, answer: bool) -> Schema:
        """Return the JSON Schema of a media type of an answer, or of a request."""
        raw = media.get("schema", {})
        described = self._flat(raw)
        if answer and not ({"properties", "items", "variants"} & set(described)):
            examples = [
                *self._examples(media),
                *([described["example"]] if "example" in described else []),
            ]
            examples = [example for example in examples if isinstance(example, (dict, list))]
            if examples:
                return from_examples(examples)
        return _Compiler(self, answer).whole(raw)

    def _examples(self, media: Schema) -> list[t.Any]:
        named = [self.resolve(example) for example in media.get("examples", {}).values()]
        return [
            *([media["example"]] if "example" in media else []),
            *(example["value"] for example in named if "value" in example),
        ]

    def _flat(self, raw: Schema, member: bool = False) -> Schema:
        """Return a schema with its ``allOf`` merged into it.

        ``member`` is true for a base class, whose subclasses then do not matter.
        """
        raw = self.resolve(raw)
        flat: Schema = {
            name: raw[name]
            for name in (
                *_KEPT,
                "nullable",
                "items",
                "additionalProperties",
                "readOnly",
                "writeOnly",
                "example",
            )
            if name in raw
        }
        if "properties" in raw:
            flat["properties"] = dict(raw["properties"])
        if "required" in raw:
            flat["required"] = list(raw["required"])
        if raw.get("oneOf") or raw.get("anyOf"):
            flat["variants"] = list(raw.get("oneOf") or raw["anyOf"])
        if "discriminator" in raw and not member:
            flat["discriminator"] = raw["discriminator"]
        for base in raw.get("allOf", []):
            self._merge(flat, self._flat(base, member=True))
        return flat

    @staticmethod
    def _merge(flat: Schema, base: Schema) -> None:
        for name, value in base.items():
            if name == "properties":
                properties = flat.setdefault("properties", {})
                for key, schema in value.items():
                    properties[key] = (
                        {"allOf": [schema, properties[key]]}
                        if key in properties and properties[key] != schema
                        else schema
                    )
            elif name == "required":
                flat["required"] = sorted({*flat.get("required", []), *value})
            elif name == "nullable":
                flat["nullable"] = flat.get("nullable", False) or value
            else:
                flat.setdefault(name, value)


class _Compiler:
    """Schemas of one direction.

    What is read-only is not required of a request, what is write-only not of an answer.
    """

    def __init__(self, description: Description, answer: bool) -> None:
        self.description, self.absent = description, "writeOnly" if answer else "readOnly"
        self.definitions: Schema = {}

    def whole(self, raw: Schema) -> Schema:
        return {**self.schema(raw), "$defs": self.definitions}

    def schema(self, raw: Schema) -> Schema:
        if "$ref" not in raw:
            return self.build(raw)
        name = raw["$ref"].rsplit("/", 1)[-1]
        if name not in self.definitions:
            self.definitions[name] = {}  # a schema may hold itself
            self.definitions[name] = self.build(raw)
        return {"$ref": f"#/$defs/{name}"}

    def build(self, raw: Schema) -> Schema:
        flat = self.description._flat(raw)
        subclasses = flat.get("discriminator", {}).get("mapping")
        made = self.chosen(flat, subclasses) if subclasses else self.plain(flat)
        if flat.get("nullable"):
            return {"anyOf": [made, {"type": "null"}]}
        return made

    def plain(self, flat: Schema) -> Schema:
        made: Schema = {name: flat[name] for name in _KEPT if name in flat}
        properties = flat.get("properties", {})
        if properties:
            made.update(
                type="object",
                properties={name: self.schema(entry) for name, entry in properties.items()},
            )
        required = [
            name
            for name in flat.get("required", [])
            if not self.description._flat(properties.get(name, {})).get(self.absent)
        ]
        if required:
            made["required"] = required
        if "items" in flat:
            made["items"] = self.schema(flat["items"])
        if "variants" in flat:
            made["anyOf"] = [self.schema(variant) for variant in flat["variants"]]
        further = flat.get("additionalProperties")
        if isinstance(further, dict):
            made["additionalProperties"] = self.schema(further)
        elif properties and further is not True and "variants" not in flat:
            made["additionalProperties"] = False
        return made

    def chosen(self, flat: Schema, subclasses: dict[str, str]) -> Schema:
        """Return the schema of a base class with a discriminator.

        It is the schema of the subclass that the value names, which may be the class itself.
        """
        name = flat["discriminator"]["propertyName"]
        known = {"properties": {name: {"enum": sorted(subclasses)}}, "required": [name]}
        cases = []
        for value, reference in subclasses.items():
            subclass = self.description._flat({"$ref": reference}, member=True)
            key = f"{name}={value}"
            if key not in self.definitions:
                self.definitions[key] = {}
                self.definitions[key] = self.plain(subclass)
            cases.append(
                {
                    "if": {"properties": {name: {"const": value}}, "required": [name]},
                    "then": {"$ref": f"#/$defs/{key}"},
                }
            )
        return {
            "allOf": [
                *cases,
                {
                    "if": {"not": known},
                    "then": self.plain(
                        {key: value for key, value in flat.items() if key != "variants"}
                    ),
                },
            ]
        }


def places(path: str) -> str:
    """Return a path template without the names in its braces and without a slash at its end."""
    return _PLACE.sub("{}", path).rstrip("/")


def from_examples(examples: t.Sequence[t.Any]) -> Schema:
    """Return the schema of which all these values are examples.

    Keys that each of them has are required, others are not allowed.
    """
    known = [example for example in examples if example is not None]
    kinds = {_kind(example) for example in known}
    if not kinds:
        return {}
    made: Schema = {"type": sorted(kinds | {"null"})}
    objects = [example for example in known if isinstance(example, dict)]
    if any(objects):
        made.update(_from_objects(objects))
    elements = [element for example in known if isinstance(example, list) for element in example]
    if elements:
        made["items"] = from_examples(elements)
    return made


def _from_objects(examples: t.Sequence[Schema]) -> Schema:
    """Return the members of a schema that describe the keys of these objects."""
    names = sorted({name for example in examples for name in example})
    properties = {
        name: from_examples([example[name] for example in examples if name in example])
        for name in names
    }
    required = [name for name in names if all(name in example for example in examples)]
    return {"properties": properties, "required": required, "additionalProperties": False}


def _kind(value: t.Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return {str: "string", dict: "object", list: "array"}[value.__class__]
