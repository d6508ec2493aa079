#!/usr/bin/env python3
"""Asks a real `feast serve` and records what it answers, for the tests of the room Serving.

    python3 -m venv venv && venv/bin/pip install 'feast==0.67.*'
    venv/bin/python Tests/ServingTests/feast.py Tests/ServingTests/Recorded

Writes a file a question: {"path", "request", "status", "response"}. Rows are the same in each run, so a file changes only
if Feast does.
"""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

REPOSITORY = """
from datetime import timedelta
from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, ValueType
from feast.types import Bool, Float64, Int64, String

carrier = Entity(name="carrier", join_keys=["carrier"], value_type=ValueType.STRING)
rows = FileSource(path="rows.parquet", timestamp_field="event_time")
pushed = PushSource(name="delays_push", batch_source=rows)
delays = FeatureView(
    name="delays", entities=[carrier], ttl=timedelta(days=36500), source=pushed,
    schema=[Field(name="mean_delay", dtype=Float64), Field(name="flights", dtype=Int64),
            Field(name="home", dtype=String), Field(name="is_open", dtype=Bool)])
arrival = FeatureService(name="arrival", features=[delays])
"""

CONFIGURATION = """
project: serving
registry: registry.db
provider: local
entity_key_serialization_version: 3
online_store: {type: sqlite, path: online.db}
"""

ONLINE = "/get-online-features"
FEATURES = ["delays:mean_delay", "delays:flights", "delays:home", "delays:is_open"]
QUESTIONS = {
    "one": (ONLINE, {"features": FEATURES, "entities": {"carrier": ["AA"]}}),
    "many": (ONLINE, {"features": FEATURES, "entities": {"carrier": ["AA", "UA", "nobody"]}}),
    "full-names": (ONLINE, {"features": FEATURES, "entities": {"carrier": ["AA"]}, "full_feature_names": True}),
    "service": (ONLINE, {"feature_service": "arrival", "entities": {"carrier": ["UA"]}}),
    "null-key": (ONLINE, {"features": FEATURES[:1], "entities": {"carrier": [None]}}),
    "no-rows": (ONLINE, {"features": FEATURES[:1], "entities": {"carrier": []}}),
    "unknown-feature": (ONLINE, {"features": ["delays:means"], "entities": {"carrier": ["AA"]}}),
    "unknown-view": (ONLINE, {"features": ["delay:mean_delay"], "entities": {"carrier": ["AA"]}}),
    "unknown-service": (ONLINE, {"feature_service": "arrivals", "entities": {"carrier": ["AA"]}}),
    "missing-entity": (ONLINE, {"features": FEATURES[:1], "entities": {"origin": ["JFK"]}}),
    "no-entities": (ONLINE, {"features": FEATURES[:1]}),
    "entities-of-wrong-type": (ONLINE, {"features": FEATURES[:1], "entities": ["AA"]}),
    "key-of-wrong-type": (ONLINE, {"features": FEATURES[:1], "entities": {"carrier": [12]}}),
    "features-of-wrong-type": (ONLINE, {"features": "delays:mean_delay", "entities": {"carrier": ["AA"]}}),
    "no-json": (ONLINE, "{"),
    "push": ("/push", {
        "push_source_name": "delays_push", "to": "online",
        "df": {"carrier": ["DL"], "mean_delay": [1.5], "flights": [3], "home": ["ATL"], "is_open": [True],
               "event_time": ["2026-01-02T00:00:00+00:00"]}}),
    "after-push": (ONLINE, {"features": FEATURES, "entities": {"carrier": ["DL"]}}),
    "push-unknown-source": ("/push", {"push_source_name": "nothing", "to": "online", "df": {"carrier": ["DL"]}}),
}


def make_repository(folder: pathlib.Path) -> None:
    import pandas
    (folder / "definitions.py").write_text(REPOSITORY)
    (folder / "feature_store.yaml").write_text(CONFIGURATION)
    pandas.DataFrame({
        "carrier": ["AA", "UA"], "mean_delay": [7.25, None], "flights": [12, 30], "home": ["DFW", None],
        "is_open": [True, False],
        "event_time": pandas.to_datetime(["2026-01-01T10:00:00Z", "2026-01-01T11:30:00.25Z"], format="ISO8601"),
    }).to_parquet(folder / "rows.parquet")


def ask(port: int, path: str, question) -> tuple[int, object]:
    body = question if isinstance(question, str) else json.dumps(question)
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", body.encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    return status, json.loads(text) if text else None


def main() -> None:
    recorded = pathlib.Path(sys.argv[1])
    recorded.mkdir(parents=True, exist_ok=True)
    program = pathlib.Path(sys.executable).parent / "feast"
    environment = os.environ | {"FEAST_USAGE": "False"}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_repository(folder)
        for command in (["apply"], ["materialize", "2025-01-01T00:00:00", "2026-02-01T00:00:00"]):
            subprocess.run([program, *command], cwd=folder, env=environment, check=True, capture_output=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with open(folder / "log", "wb") as log:
            server = subprocess.Popen(
                [program, "serve", "-p", str(port)], cwd=folder, env=environment, stdout=log, stderr=log)
            try:
                for _ in range(600):
                    try:
                        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                        break
                    except OSError:
                        time.sleep(0.1)
                for question, (path, request) in QUESTIONS.items():
                    status, response = ask(port, path, request)
                    record = {"path": path, "request": request, "status": status, "response": response}
                    text = json.dumps(record, indent=1, ensure_ascii=False).replace(name, "REPOSITORY")
                    (recorded / f"{question}.json").write_text(text + "\n")
            finally:
                server.terminate()
                server.wait()


if __name__ == "__main__":
    main()
