import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route


async def guarded(request):
    return PlainTextResponse("guarded")


async def other(request):
    return PlainTextResponse("other")


routes = [
    Route("/metrics", guarded),
    Route("/env", guarded),
    Mount("/v1/admin", routes=[Route("/keys", guarded), Route("/{rest:path}", guarded)]),
    Route("/v1/recall", other),
]
uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=PORT, log_level="critical")
