"""Reads a dashboard with Grafana's own types, writes it, and prints what was lost or changed, as a JSON array."""

import json
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(before, after, path=""):
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from lost(value, after[key], f"{path}/{key}")
            else:
                yield f"{path}/{key}: lost"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for nth, (one, other) in enumerate(zip(before, after)):
            yield from lost(one, other, f"{path}/{nth}")
    elif before != after:
        yield f"{path}: changed"


register_default_plugins()
with open(sys.argv[1], encoding="utf-8") as file:
    dashboard = json.load(file)
written = json.loads(json.dumps(Dashboard.from_json(dashboard), cls=JSONEncoder))
print(json.dumps(list(lost(dashboard, written))))
