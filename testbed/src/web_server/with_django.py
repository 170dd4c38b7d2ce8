import socketserver
from wsgiref.simple_server import WSGIServer

from django.conf import settings
from django.core.servers.basehttp import WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path, re_path

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="none", LOGGING_CONFIG=None)


def guarded(request, **rest):
    return HttpResponse("guarded")


def other(request):
    return HttpResponse("other")


urlpatterns = [
    path("metrics", guarded),
    re_path(r"^env/?$", guarded),
    path("v1/admin", guarded),
    path("v1/admin/<path:rest>", guarded),
    path("v1/recall", other),
]


class Handler(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


server = Server(("127.0.0.1", PORT), Handler)
server.set_app(get_wsgi_application())
server.serve_forever()
