"""Renders a chart with Helm's own library, and prints its files as a JSON object, or what Helm refuses it for.

The only argument is the chart's folder; the values are a JSON object on the standard input. `lint` before the
folder: the findings of `helm lint --strict`, as a JSON array.
"""

import json
import sys

import helm_python as helm

if sys.argv[1] == "lint":
    report = helm.lint(sys.argv[2], json.load(sys.stdin), strict=True)
    worse = [message["error"] for message in report["messages"] if message["severity"] > 1]
    print(json.dumps(worse + report["errors"]))
    sys.exit()
with helm.Chart.load(sys.argv[1]) as chart:
    try:
        print(json.dumps(chart.render(json.load(sys.stdin), name="shop-gate", namespace="shop")))
    except helm.HelmError as error:
        sys.exit(str(error))
