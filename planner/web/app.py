"""The application: what each address answers. The numbers come from processes; see `planner.web.work`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from planner.process.workers import Workers
from planner.web.guard import Guard, same
from planner.web.jobs import Jobs, TooManyError, VisitorJob
from planner.web.pages import STATIC, fragment, front_page, refusal_page, waiting_page
from planner.web.settings import UPLOAD, ZOO, Settings, settings_of
from planner.web.uploads import BusyError, TooLargeError, Upload, Uploads, linked
from planner.web.work import CALLS, PAGE, PDF, PICTURE, PLAN, RECORD, STUDY, Task
from planner.wording.message import Wording

_FORM_BYTES = 32_768
_CSRF = "x-planner-token"
_TYPES = {
    PICTURE: "image/svg+xml",
    PLAN: "application/yaml",
    RECORD: "application/json",
    PDF: "application/pdf",
    PAGE: "text/html; charset=utf-8",
    STUDY: "application/json",
}
_SHOWN = (PICTURE, PAGE)
"""Files that a browser shows; others are downloads."""
_SANDBOX = "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'"
_WORKER = "planner.web.worker"
_LOG = logging.getLogger("planner.web")


@dataclass(frozen=True, slots=True)
class VisitorLimits:
    """What visitors may take of this machine."""

    upload_bytes: int = 10**9
    memory_bytes: int = 4 * 10**9
    seconds: float = 600.0
    workers: int = 2


class _Server:
    """What the addresses share: uploads, jobs, and the secret that only pages of this server know."""

    def __init__(self, folder: Path, limits: VisitorLimits) -> None:
        self.limits = limits
        self.csrf = secrets.token_urlsafe(24)
        self.uploads = Uploads(folder / "models", limits.upload_bytes)
        self.quick = Workers(_WORKER, limits.workers, limits.memory_bytes, limits.seconds)
        self.long = Workers(_WORKER, limits.workers, limits.memory_bytes, limits.seconds)
        self.jobs = Jobs(folder / "jobs", self.quick, self.long, lambda trace: _LOG.error("%s", trace))

    def is_own_page(self, request: Request, form: dict[str, str]) -> bool:
        """Whether a request that changes something carries the secret."""
        return same(request.headers.get(_CSRF) or form.get("csrf", ""), self.csrf)


def application(
    folder: Path,
    limits: VisitorLimits,
    hosts: tuple[str, ...],
    port: int,
    token: str | None = None,
    names: tuple[str, ...] = (),
) -> Starlette:
    """The page for these host names; `folder` gets what visitors bring, and is removed in the end."""
    server = _Server(folder, limits)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await server.quick.warm()
        watching = asyncio.create_task(server.jobs.watch())
        try:
            yield
        finally:
            watching.cancel()
            await server.jobs.close()
            await asyncio.gather(server.quick.close(), server.long.close())
            shutil.rmtree(folder, ignore_errors=True)

    made = Starlette(
        routes=[
            Route("/", _front),
            Route("/models", _upload, methods=["POST"]),
            Route("/jobs", _begin, methods=["POST"]),
            Route("/jobs/{job}", _state),
            Route("/jobs/{job}/answer", _answer),
            Route("/jobs/{job}/stop", _stop, methods=["POST"]),
            Route("/jobs/{job}/files/{name}", _file),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard, hosts=hosts, port=port, token=token, names=names)],
        lifespan=lifespan,
    )
    made.state.server = server
    return made


def _server(request: Request) -> _Server:
    server: _Server = request.app.state.server
    return server


def _settings(request: Request) -> Settings:
    return settings_of(request.query_params.multi_items(), request.headers.get("accept-language", ""))


async def _front(request: Request) -> Response:
    server, settings = _server(request), _settings(request)
    dropped = _dropped(server, settings["model"])
    return HTMLResponse(
        front_page(settings, server.csrf, server.limits.upload_bytes, dropped.name if dropped else None)
    )


def _dropped(server: _Server, model: str) -> Upload | None:
    return server.uploads.get(model.removeprefix(UPLOAD)) if model.startswith(UPLOAD) else None


async def _upload(request: Request) -> Response:
    """The body is the file; what is beyond the limit is refused as soon as that is known."""
    server, settings = _server(request), _settings(request)
    say = Wording(settings.language)
    if not server.is_own_page(request, {}):
        return _refused(request, settings, say("web.other_origin"), 403)
    length = request.headers.get("content-length", "")
    said_bytes = int(length) if length.isdecimal() else None
    try:
        stored = await server.uploads.store(
            request.query_params.get("name", ""), said_bytes, request.stream()
        )
    except TooLargeError:
        most = f"{server.limits.upload_bytes / 1e6:,.0f} MB"
        # The rest of the body is not read, so the connection cannot be used again.
        return _refused(request, settings, say("web.too_large", most=most), 413, {"connection": "close"})
    except BusyError:
        return _refused(request, settings, say("web.too_many"), 503, {"connection": "close"})
    except OSError as error:
        return _refused(request, settings, say("web.no_room", reason=error.strerror or str(error)), 507)
    if not stored.size_bytes:
        return _refused(request, settings, say("web.empty"), 400)
    return JSONResponse({"model": f"{UPLOAD}{stored.id}", "name": stored.name, "bytes": stored.size_bytes})


async def _begin(request: Request) -> Response:
    """A form becomes a job: JSON for the page's script, else a page that waits."""
    server = _server(request)
    form = await _form(request)
    settings = settings_of(form.items(), request.headers.get("accept-language", ""))
    say = Wording(settings.language)
    if not server.is_own_page(request, form):
        return _refused(request, settings, say("web.other_origin"), 403)
    call = form.get("call", "")
    if call not in CALLS:
        return _refused(request, settings, say("web.no_such_work"), 400)
    model = settings["model"]
    upload = _dropped(server, model)
    before = server.jobs.get(form.get("plan", "")) if call == "report" else None
    if call == "report" and (before is None or before.result is None or before.call != "plan"):
        return _refused(request, settings, say("web.no_plan"), 400)
    if call != "report" and upload is None and not (model.startswith(ZOO) and len(model) > len(ZOO)):
        return _refused(request, settings, say("web.no_network" if not model else "web.gone"), 400)
    try:
        job = server.jobs.new(call, settings)
    except TooManyError:
        return _refused(request, settings, say("web.too_many"), 503)
    if upload is not None:
        model = str(linked(upload, job.folder))
    if before is not None:
        for path in before.folder.iterdir():
            shutil.copy(path, job.folder / path.name)
    texts = dict(settings.values)
    task = Task(call=call, model=model, texts=texts, language=settings.language, folder=str(job.folder))
    server.jobs.begin(job, task)
    if _wants_json(request):
        return JSONResponse({"job": job.id, "link": f"/?{settings.link}"})
    return RedirectResponse(f"/jobs/{job.id}", 303)


async def _form(request: Request) -> dict[str, str]:
    """A small form in the usual encoding; a larger one is cut, which no form of the page is."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _FORM_BYTES:
            break
    return dict(parse_qsl(body[:_FORM_BYTES].decode("utf-8", "replace")))


async def _state(request: Request) -> Response:
    """How far a job is."""
    job = _job(request)
    if job is None:
        return _unknown(request)
    if not _wants_json(request):
        return HTMLResponse(waiting_page(job, _server(request).csrf))
    return JSONResponse({"state": job.state, "progress": job.progress, "error": job.error})


async def _answer(request: Request) -> Response:
    job = _job(request)
    if job is None or job.state != "done":
        return _unknown(request)
    return HTMLResponse(fragment(job))


async def _stop(request: Request) -> Response:
    server, job = _server(request), _job(request)
    form = await _form(request)
    settings = _settings(request)
    if not server.is_own_page(request, form):
        return _refused(request, settings, Wording(settings.language)("web.other_origin"), 403)
    if job is None:
        return _unknown(request)
    server.jobs.stop(job)
    if _wants_json(request):
        return JSONResponse({"state": job.state})
    return RedirectResponse(f"/?{job.settings.link}", 303)


async def _file(request: Request) -> Response:
    """A file that a job wrote, one of those that jobs write."""
    job, name = _job(request), request.path_params["name"]
    if job is None or name not in _TYPES or not (job.folder / name).is_file():
        return _unknown(request)
    headers = {"content-security-policy": _SANDBOX} if name == PICTURE else {}
    if name == PAGE:
        # Its scripts are in it; in a sandbox it has an origin of its own and reaches nothing of this server.
        headers["content-security-policy"] = (
            "sandbox allow-scripts allow-downloads; default-src 'unsafe-inline' data: blob:"
        )
    return FileResponse(
        job.folder / name,
        media_type=_TYPES[name],
        filename=name,
        content_disposition_type="inline" if name in _SHOWN else "attachment",
        headers=headers,
    )


def _job(request: Request) -> VisitorJob | None:
    return _server(request).jobs.get(request.path_params["job"])


def _unknown(request: Request) -> Response:
    settings = _settings(request)
    return _refused(request, settings, Wording(settings.language)("web.gone"), 404)


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _refused(
    request: Request, settings: Settings, text: str, status: int, headers: dict[str, str] | None = None
) -> Response:
    """One sentence, in the form that was asked for."""
    if _wants_json(request):
        content = json.dumps({"error": text}, ensure_ascii=False).encode()
        return Response(content, status, headers, media_type="application/json")
    return HTMLResponse(refusal_page(settings, text), status, headers)
