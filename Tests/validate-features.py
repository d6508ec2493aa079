"""Says of each YAML document on standard input whether Docs/schemas/features.schema.json takes it, as a list in JSON.

The documents come as a list of texts in JSON. Texts that are no YAML count as refused.
"""

import json
import pathlib
import sys

import jsonschema
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

schema = json.loads((pathlib.Path(__file__).parent.parent / "Docs/schemas/features.schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
yaml = YAML(typ="safe", pure=True)
# A date that is written without quotes is a text, as in YAML's core schema, which editors use.
yaml.constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))


def is_valid(text):
    try:
        return validator.is_valid(yaml.load(text))
    except YAMLError:
        return False


print(json.dumps([is_valid(text) for text in json.loads(sys.stdin.read())]))
