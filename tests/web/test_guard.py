"""Who is let in, what is taken, and that the server goes on whatever comes."""

import asyncio
import http.client
import os
import re
import signal
import socket
import subprocess
import time
from html.parser import HTMLParser

import pytest

from planner.cli.main import run
from planner.process.workers import Workers
from planner.web.guard import Guard
from planner.web.settings import settings_of
from planner.web.uploads import safe_name
from planner.web.work import Task
from tests.web.client import Server

PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)


def goes_on(server):
    assert server.get("/").status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1:1", "localhost", "", "127.0.0.1.evil.example:{port}"],
)
def test_another_host_is_refused(server, host):
    for method, path in (("GET", "/"), ("POST", "/jobs")):
        found = server.request(method, path, host=host.format(port=server.port), x_planner_token=server.csrf)
        assert found.status == 421
        assert "planner serve printed" in found.text


def test_another_page_is_refused(server):
    own = {"x_planner_token": server.csrf}
    body = "call=network&model=zoo:resnet18"
    for headers in (
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": f"http://localhost:{server.port + 1}"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ):
        assert server.request("POST", "/jobs", body, **own, **headers).status == 403
        assert server.request("POST", "/models?name=a.onnx", b"x", **own, **headers).status == 403
    assert server.request("POST", "/jobs", body).status == 403, "without the secret of the page"
    assert server.request("POST", "/jobs", body, x_planner_token="x").status == 403  # noqa: S106 - none
    assert server.request("POST", "/models?name=a.onnx", b"x").status == 403
    embedded = server.get("/", sec_fetch_site="cross-site", sec_fetch_mode="no-cors")
    assert embedded.status == 403
    assert server.get("/", sec_fetch_site="cross-site", sec_fetch_mode="navigate").status == 200
    own_page = server.post(
        "/jobs", body, origin=f"http://127.0.0.1:{server.port}", sec_fetch_site="same-origin"
    )
    assert own_page.status == 200
    server.post(f"/jobs/{own_page.json['job']}/stop")


class UploadPage(HTMLParser):
    """Elements, their attributes, and the names that labels give."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], text
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def test_the_page_has_landmarks_labels_and_nothing_from_elsewhere(server):
    found = server.get("/")
    page = UploadPage(found.text)
    assert len(page.of("main")) == len(page.of("h1")) == len(page.of("header")) == len(page.of("nav")) == 1
    labelled = {item.get("for") for item in page.of("label")}
    for tag in ("input", "select"):
        for item in page.of(tag):
            assert item.get("type") == "hidden" or item["id"] in labelled
    ids = [item["id"] for _, item in page.elements if "id" in item]
    assert len(ids) == len(set(ids))
    for _, item in page.elements:
        assert "style" not in item
        assert not any(name.startswith("on") for name in item)
        for name in ("src", "href", "action"):
            assert item.get(name, "/").startswith(("/", "#"))
            assert not item.get(name, "/").startswith("//")
    policy = found.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert found.headers["x-frame-options"] == "DENY"
    assert found.headers["cache-control"] == "no-store"


HOSTILE = [
    "../../../etc/passwd", "..\\..\\win.onnx", "<img src=x onerror=alert(1)>.onnx", "a\x00b\x1b[31m.onnx", "",
    ".", "..", "x" * 5000 + ".onnx", "模型.onnx", "CON.onnx", "a/b\n/c.onnx", "{{7*7}}.onnx", "--help.onnx",
    "a%00.onnx", "\u202egnp.onnx", "' OR 1=1.onnx",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_only_names(server, network, name):
    stored = server.upload(name, network.read_bytes())
    assert stored.status == 200, stored.text
    shown = stored.json["name"]
    assert shown == safe_name(name)
    assert re.fullmatch(r"[\w.\-+@()\[\] ]{1,120}", shown)
    assert len(shown.encode()) <= 120
    front = server.get(f"/?model={stored.json['model']}").text
    assert "<img src=x" not in front
    assert "49.onnx" not in front


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("picture.onnx", PNG, "an ONNX model"),
        ("text.onnx", b"no network at all", "an ONNX model"),
        ("cut.gguf", b"GGUF\x03\x00\x00\x00", "gguf"),
        ("config.json", b"{not json", "config.json"),
        ("list.json", b"[1, 2]", "list.json"),
        ("model.pt", b"PK\x03\x04" + bytes(50), "onnx"),
        ("broken.onnx", b"\x08\x07" * 500, "broken.onnx"),
    ],
)
def test_a_file_that_is_no_network_is_explained(server, name, content, said):
    model = server.upload(name, content).json["model"]
    found = server.answer("network", model=model)
    assert found["state"] == "failed"
    assert said.lower() in found["error"].lower()
    assert "Traceback" not in found["error"]
    assert str(server.folder) not in found["error"]
    goes_on(server)


def test_an_empty_file_is_refused(server):
    found = server.upload("empty.onnx", b"")
    assert (found.status, found.json["error"]) == (400, "The file is empty.")


def test_two_gigabytes_are_refused_before_they_are_sent(server):
    made = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    made.putrequest("POST", "/models?name=large.onnx")
    for name, value in (
        ("content-length", str(2 * 10**9)), ("x-planner-token", server.csrf), ("accept", "application/json"),
    ):  # fmt: skip
        made.putheader(name, value)
    made.endheaders(b"x" * 1000)
    answer = made.getresponse()
    assert answer.status == 413
    assert b"20 MB" in answer.read()
    made.close()
    goes_on(server)


def stored_files(server):
    return [path for path in server.folder.rglob("*") if path.is_file() and "models" in path.parts]


def test_a_file_without_a_length_is_refused_where_it_passes_the_limit(server):
    before = stored_files(server)
    made = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    made.sendall(
        f"POST /models?name=a.onnx HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Transfer-Encoding: chunked\r\nX-Planner-Token: {server.csrf}\r\n\r\n".encode()
    )
    block = b"100000\r\n" + bytes(0x100000) + b"\r\n"
    answer = b""
    try:
        for _ in range(40):
            made.sendall(block)
    except OSError:
        pass  # the server has closed its end
    try:
        answer = made.recv(4096)
    except OSError:
        answer = b"413"
    assert b"413" in answer
    made.close()
    time.sleep(0.3)
    assert stored_files(server) == before, "nothing half-written"
    goes_on(server)


def test_a_browser_that_closes_in_the_middle_leaves_nothing(server):
    before = stored_files(server)
    made = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    made.sendall(
        f"POST /models?name=half.onnx HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Content-Length: 9000000\r\nX-Planner-Token: {server.csrf}\r\n\r\n".encode()
        + bytes(500_000)
    )
    time.sleep(0.3)
    made.close()
    for _ in range(50):
        if stored_files(server) == before:
            break
        time.sleep(0.1)
    assert stored_files(server) == before
    goes_on(server)


def test_a_question_is_stopped(server):
    job = server.begin("network", model="zoo:yolov5s", modes="all").json["job"]
    assert server.post(f"/jobs/{job}/stop").json["state"] == "stopped"
    assert server.finished(job)["state"] == "stopped"
    assert server.get(f"/jobs/{job}/answer").status == 404
    assert server.answer("picture", model="zoo:resnet18", part="t4")["state"] == "done"


def test_two_people_do_not_wait_on_each_other(server):
    jobs = [server.begin("network", model="zoo:yolov5s", modes="all").json["job"] for _ in range(2)]
    both = 0
    for _ in range(400):
        states = [server.get(f"/jobs/{job}", accept="application/json").json["state"] for job in jobs]
        both += states == ["working", "working"]
        if both or "done" in states:
            break
        time.sleep(0.02)
    for job in jobs:
        server.post(f"/jobs/{job}/stop")
    assert both


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"fps": "15"}, "cameras"),
        ({"cameras": "4"}, "fps"),
        ({"cameras": "many", "fps": "15"}, "a whole number"),
        ({"cameras": "4", "fps": "15", "latency": "150 W"}, "latency"),
        ({"cameras": "4", "fps": "15", "money": "cheap"}, "budget"),
        ({"cameras": "4", "fps": "15", "site": "moon"}, "room, cabinet, outdoor"),
        ({"cameras": "4", "fps": "15", "devices": "nothing-*"}, "devices"),
        ({"cameras": "4", "fps": "15", "rack_power": "3"}, "max-power"),
    ],
)
def test_a_plan_that_does_not_fit_is_one_sentence(server, texts, said):
    found = server.answer("plan", model="zoo:resnet18", **texts)
    assert found["state"] == "failed"
    assert said in found["error"]
    assert server.get(f"/jobs/{found['job']}/files/plan.yaml").status == 404, "nothing half-written"


@pytest.mark.parametrize(
    "texts",
    [
        {"precision": "int9"}, {"batch": "0"}, {"batch": "x"}, {"max_latency": "5 W"}, {"max_power": "5"},
        {"budget": "5"}, {"budget": "5 XYZ"}, {"modes": "warp"}, {"part": "none"}, {"users": "-1"},
    ],
    ids=str,
)  # fmt: skip
def test_settings_that_do_not_fit_are_one_sentence(server, texts):
    call = "picture" if "part" in texts else "network"
    model = server.upload("config.json", b"{}").json["model"] if "users" in texts else "zoo:resnet18"
    found = server.answer(call, model=model, **texts)
    assert found["state"] == "failed"
    assert len(found["error"]) > 20
    assert "Traceback" not in found["error"]


def test_what_is_not_there_is_said(server):
    for path in ("/jobs/none", "/jobs/none/answer", "/jobs/none/files/report.pdf", "/nothing", "/models"):
        assert server.get(path).status in (404, 405)
    found = server.answer("picture", model="zoo:resnet18", part="t4")
    for name in ("..%2f..%2fetc%2fpasswd", "plan.yaml", "answer.json%00", "../answer.json"):
        assert server.get(f"/jobs/{found['job']}/files/{name}").status == 404
    for model in ("", "zoo:", "upload:none", "/etc/passwd", "file:///etc/passwd", "../x.onnx"):
        assert server.begin("network", model=model).status == 400
    assert server.begin("shell", model="zoo:resnet18").status == 400
    assert server.begin("report", plan=found["job"]).status == 400
    assert "unknown network" in server.answer("network", model="zoo:nothing")["error"]


def test_a_link_has_the_settings_and_no_dropped_network(server, network):
    model = server.upload(network.name, network.read_bytes()).json["model"]
    link = server.begin("network", model=model, precision="int8", max_latency="5 ms", lang="en").json["link"]
    assert link == "/?precision=int8&max_latency=5+ms&lang=en"
    page = server.get(link).text
    assert '<option value="int8" selected>' in page
    assert 'value="5 ms"' in page
    kept = settings_of([("model", "zoo:resnet18"), ("evil", "1"), ("cameras", "3" * 900)])
    assert set(kept.values) == {"model", "cameras"}
    assert len(kept["cameras"]) == 200
    assert "<script>" not in server.get("/?max_latency=%22%3E%3Cscript%3E").text


def test_a_port_in_use_is_refused_in_one_sentence(server, capsys):
    assert run(["serve", "--no-browser", "--port", str(server.port)]) == 2
    message = capsys.readouterr().err
    assert f"{server.port}: address already in use" in message
    assert "choose another" in message
    assert run(["serve", "--no-browser", "--host", "somewhere.example"]) == 2
    assert run(["serve", "--no-browser", "--time-limit", "5 W"]) == 2


def test_beyond_loopback_there_is_nothing_without_the_token(tmp_path):
    server = Server(tmp_path, host="0.0.0.0")  # noqa: S104 - what is tried
    try:
        assert server.token
        for path in ("/", "/static/page.js", "/jobs/x"):
            assert server.get(path).status == 401
        assert server.get("/?token=wrong").status == 401
        assert server.get("/", cookie="planner_token=wrong").status == 401
        entered = server.get(f"/?token={server.token}&cameras=4")
        assert (entered.status, entered.headers["location"]) == (303, "/?cameras=4")
        assert "HttpOnly" in entered.headers["set-cookie"]
        assert "SameSite=strict" in entered.headers["set-cookie"]
        cookie = entered.headers["set-cookie"].split(";")[0]
        assert server.get("/", cookie=cookie).status == 200
        assert server.get("/", cookie=cookie, host=f"192.0.2.7:{server.port}").status == 200
        assert server.get("/", cookie=cookie, host=f"evil.example:{server.port}").status == 421
    finally:
        assert server.stop() == 128 + signal.SIGINT


def test_the_end_removes_everything(tmp_path, network):
    server = Server(tmp_path)
    server.upload(network.name, network.read_bytes())
    job = server.begin("network", model="zoo:yolov5s", modes="all").json["job"]
    assert stored_files(server)
    workers = subprocess.run(
        ["/usr/bin/pgrep", "-P", str(server.process.pid)], capture_output=True, text=True, check=False
    ).stdout.split()
    assert job
    assert server.stop() == 128 + signal.SIGINT
    assert list(tmp_path.iterdir()) == []
    time.sleep(0.2)
    assert not any(os.path.exists(f"/proc/{worker}") for worker in workers)  # noqa: PTH110


def test_a_question_beyond_its_limits_is_ended(tmp_path):
    server = Server(tmp_path, "--time-limit", "50ms")
    try:
        found = server.answer("network", model="zoo:yolov5s", modes="all")
        assert found["state"] == "failed"
        assert "longer than the time limit" in found["error"]
        goes_on(server)
    finally:
        server.stop()


def test_memory_beyond_the_limit_is_not_given():
    async def run():
        workers = Workers("planner.web.worker", 1, 300_000_000, 60.0)
        texts = {"cameras": "300", "fps": "15"}
        task = Task(call="plan", model="zoo:yolov5s", texts=texts, language="en", folder="/nowhere")
        try:
            return await workers.run(task, lambda: None, lambda _: None)
        finally:
            await workers.close()

    outcome = asyncio.run(run())
    assert outcome.result is None
    assert outcome.refused or outcome.fault


def test_names_of_this_server_are_known_with_their_port():
    behind = Guard(lambda *_: None, ("localhost",), 8017, "token", ("planner.example",))
    assert behind._is_own("planner.example")
    assert behind._is_own("planner.example:443")
    assert not behind._is_own("evil.example:8017")
    guard = Guard(lambda *_: None, ("localhost", "[::1]", "box"), 80, None)
    known = {
        name: guard._is_own(name) for name in ("localhost", "LOCALHOST:80", "[::1]", "[::1]:80", "box", "a")
    }
    assert known == {
        "localhost": True,
        "LOCALHOST:80": True,
        "[::1]": True,
        "[::1]:80": True,
        "box": True,
        "a": False,
    }
