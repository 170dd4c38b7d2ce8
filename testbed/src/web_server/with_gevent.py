from flask import Flask
from gevent.pywsgi import WSGIServer

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


WSGIServer(("127.0.0.1", PORT), app, log=None, error_log=None).serve_forever()
