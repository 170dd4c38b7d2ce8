import logging

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, run_simple

app = Flask(__name__)


@app.get("/metrics")
@app.get("/env")
@app.get("/v1/admin")
@app.get("/v1/admin/keys")
@app.get("/v1/admin/<path:rest>")
def guarded(rest=""):
    return "guarded"


@app.get("/v1/recall")
def other():
    return "other"


logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
# Else each answer ends the connection.
WSGIRequestHandler.protocol_version = "HTTP/1.1"
run_simple("127.0.0.1", PORT, app, threaded=True)
