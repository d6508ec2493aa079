"""Takes the steps out of a file for continuous integration, and prints them as JSON.

    ci-steps.py github FILE     the steps of the workflow's only job
    ci-steps.py gitlab FILE     the commands of the only job, and the files it hands over

A key that is not known here is an error: a test that leaves a part of a job out would prove nothing about it.
"""

import json
import sys

import yaml


def take(mapping, known, where):
    unknown = set(mapping) - set(known)
    if unknown:
        sys.exit(f"{where} has {', '.join(sorted(unknown))}, which the test does not know how to run")
    return mapping


def github(document):
    # YAML 1.1 takes the key `on` for a truth value.
    take(document, ["name", True, "permissions", "jobs"], "the workflow")
    (job,) = document["jobs"].values()
    take(job, ["runs-on", "container", "steps"], "the job")
    steps = []
    for step in job["steps"]:
        take(step, ["name", "uses", "with", "run", "if"], "a step")
        condition = step.get("if", "success()")
        if condition not in ("success()", "always()"):
            sys.exit(f"a step runs if {condition}, which the test does not know how to tell")
        if "${{" in step.get("run", ""):
            sys.exit("a step has an expression in its commands, which the test does not know how to put out in full")
        steps.append({"name": step.get("name", step.get("uses", "")), "uses": step.get("uses"),
                      "run": step.get("run"), "always": condition == "always()",
                      "with": {key: str(value) for key, value in step.get("with", {}).items()}})
    return steps


def gitlab(document):
    (job,) = document.values()
    take(job, ["stage", "image", "cache", "before_script", "script", "artifacts"], "the job")
    take(job["artifacts"], ["when", "reports"], "the artifacts")
    return {"commands": job["before_script"] + job["script"], "always": job["artifacts"]["when"] == "always",
            "reports": job["artifacts"]["reports"]}


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as file:
        print(json.dumps({"github": github, "gitlab": gitlab}[sys.argv[1]](yaml.safe_load(file))))
