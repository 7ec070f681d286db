"""Writes the JSON Schema of cue plans, by which an editor helps whoever changes one by hand."""

import json
import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from v2m.files import replacing
from v2m.soundtrack import plan as plan_module
from v2m.soundtrack.plan import FORMAT, CuePlan

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def plan_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a cue plan.

    Keys carry the words that the plan's classes say about them. What spans several keys, such as
    that cues cover the video, is beyond JSON Schema; ``plan.read_plan`` checks it.
    """
    schema = CuePlan.model_json_schema(mode="validation")
    for name, part in (("CuePlan", schema), *schema["$defs"].items()):
        model = getattr(plan_module, name)
        part["description"], told = _told(model)
        for key in told.keys() & part["properties"].keys():
            part["properties"][key]["description"] = told[key]
    return {"$schema": DIALECT, "$id": f"urn:{FORMAT.replace('/', ':')}"} | schema


def write_plan_schema(path: Path) -> None:
    """Write the schema as indented JSON; the file appears by rename.

    Raises:
        InputError: the folder cannot be written to.
    """
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(plan_schema(), indent=2) + "\n", encoding="utf-8")


def _told(model: type[BaseModel]) -> tuple[str, dict[str, str]]:
    """Split a docstring into what it says of the class and of each key."""
    head, _, attributes = (model.__doc__ or "").partition("Attributes:")
    told: dict[str, str] = {}
    for match in re.finditer(r"^ {8}(\w+): (.+(?:\n {12}.+)*)", attributes, re.MULTILINE):
        told[match[1]] = " ".join(match[2].split())
    return " ".join(head.split()), told
