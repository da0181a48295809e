"""A server of `planner serve` in a process of its own, and requests to it as a browser makes them."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlencode

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """Started on any free port; `folder` is where it keeps what visitors bring."""

    def __init__(self, folder: Path, *options: str, host: str = "127.0.0.1") -> None:
        self.folder = folder
        paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "planner", "serve", "--no-browser", "--port", "0", "--host", host,
             *options],
            env={**os.environ, "PYTHONPATH": paths, "TMPDIR": str(folder)},
            stderr=subprocess.PIPE, text=True, cwd=folder,
        )  # fmt: skip
        line = self.process.stderr.readline()
        found = re.search(r"http://([^/]+):(\d+)/(?:\?token=(\S+))?", line)
        if not found:
            self.process.kill()
        assert found, line + self.process.stderr.read()
        self.host, self.port, self.token = found[1], int(found[2]), found[3]
        self.csrf = re.search(r'data-csrf="([^"]+)"', self.get("/").text)[1] if self.token is None else ""

    def stop(self) -> int:
        """End it as Ctrl-C does; its exit status."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(30)
        self.process.stderr.close()
        return status

    def request(self, method: str, path: str, body=None, **headers) -> PageReply:
        made = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        own = {"accept": "application/json"}
        own |= {name.replace("_", "-"): value for name, value in headers.items()}
        made.request(method, path, body, {name: value for name, value in own.items() if value is not None})
        answer = made.getresponse()
        found = PageReply(answer.status, dict(answer.getheaders()), answer.read())
        made.close()
        return found

    def get(self, path: str, **headers) -> PageReply:
        return self.request("GET", path, **{"accept": "text/html", **headers})

    def post(self, path: str, body="", **headers) -> PageReply:
        return self.request("POST", path, body, **{"x_planner_token": self.csrf, **headers})

    def upload(self, name: str, content: bytes, **headers) -> PageReply:
        return self.post(f"/models?name={quote(name)}", content, **headers)

    def begin(self, call: str, **texts: str) -> PageReply:
        return self.post("/jobs", urlencode({"call": call, **texts}))

    def finished(self, job: str, seconds: float = 120.0) -> dict:
        end = time.monotonic() + seconds
        while True:
            state = self.get(f"/jobs/{job}", accept="application/json").json
            if state["state"] not in ("waiting", "working"):
                return state
            assert time.monotonic() < end, state
            time.sleep(0.1)

    def answer(self, call: str, **texts: str) -> dict:
        """The job's id and its state, once it is no longer at work."""
        begun = self.begin(call, **texts)
        assert begun.status == 200, begun.text
        return {"job": begun.json["job"], **self.finished(begun.json["job"])}

    def record(self, found: dict) -> dict:
        return self.get(f"/jobs/{found['job']}/files/answer.json").json


class PageReply:
    def __init__(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.status, self.content = status, content
        self.headers = {name.lower(): value for name, value in headers.items()}

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def json(self):
        return json.loads(self.content)
