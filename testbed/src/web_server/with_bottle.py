import socketserver
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from bottle import Bottle

app = Bottle()


@app.get("/metrics")
@app.get("/env")
@app.get("/v1/admin")
@app.get("/v1/admin/<rest:path>")
def guarded(rest=""):
    return "guarded"


@app.get("/v1/recall")
def other():
    return "other"


class Handler(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


server = Server(("127.0.0.1", PORT), Handler)
server.set_app(app)
server.serve_forever()
