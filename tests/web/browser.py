"""A headless Chromium of this machine, driven over two pipes by its DevTools protocol."""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

PROGRAM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
_WAIT_S = 60.0


class Browser:
    """One page; `requests` are the addresses that it asked for, `errors` what its scripts complained of."""

    def __init__(self, profile: Path, width: int = 1400, height: int = 900, *options: str) -> None:
        own_read, theirs_write = os.pipe()
        theirs_read, own_write = os.pipe()

        # Chromium reads from descriptor 3 and writes to 4.
        joined = f'exec "$0" "$@" 3<&{theirs_read} 4>&{theirs_write}'
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", joined, PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--remote-debugging-pipe", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--disable-default-apps", "--no-pings", f"--user-data-dir={profile}",
             f"--window-size={width},{height}", *options, "about:blank"],
            pass_fds=(theirs_read, theirs_write), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_read)
        os.close(theirs_write)
        self._read, self._write = own_read, own_write
        self._rest = b""
        self._numbers = itertools.count(1)
        self._replies: dict[int, dict] = {}
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._session = None
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(item["targetId"] for item in targets if item["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "DOM", "Log"):
            self.call(f"{domain}.enable")
        self.size(width, height)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._read)
        os.close(self._write)

    def call(self, method: str, **parameters) -> dict:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session is not None and not method.startswith("Target."):
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + _WAIT_S
        while number not in self._replies:
            self._take(end - time.monotonic())
        reply = self._replies.pop(number)
        assert "error" not in reply, reply["error"]
        return reply["result"]

    def _take(self, seconds: float) -> None:
        assert seconds > 0, "the browser does not answer"
        if not select.select([self._read], [], [], min(seconds, 1.0))[0]:
            return
        chunk = os.read(self._read, 1 << 20)
        assert chunk, "the browser ended"
        *messages, self._rest = (self._rest + chunk).split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self._replies[message["id"]] = message
            elif message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
            elif message["method"] == "Runtime.exceptionThrown":
                self.errors.append(json.dumps(message["params"]["exceptionDetails"]))
            elif message["method"] == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                self.errors.append(message["params"]["entry"]["text"])

    def open(self, address: str) -> None:
        self.call("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, script: str):
        """The value of an expression; promises are awaited."""
        found = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def set(self, selector: str, value: str, event: str = "change") -> None:
        """A field as a visitor fills it in."""
        self.run(
            f"""(() => {{ const field = document.querySelector({json.dumps(selector)});
            field.value = {json.dumps(value)};
            field.dispatchEvent(new Event({json.dumps(event)})); return 1; }})()"""
        )

    def text(self, selector: str) -> str:
        return self.run(f"document.querySelector({json.dumps(selector)}).textContent")

    def until(self, script: str, seconds: float = 40.0) -> None:
        end = time.monotonic() + seconds
        while not self.run(f"!!({script})"):
            assert time.monotonic() < end, f"never true: {script}; {self.errors}"
            time.sleep(0.1)

    def size(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def dark(self, scheme: str) -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def key(self, key: str, code: int, modifiers: int = 0) -> None:
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                      modifiers=modifiers, **(text if kind == "keyDown" else {}))  # fmt: skip

    def drop(self, path: Path) -> None:
        """A file dropped onto the page, as a visitor does it."""
        content = base64.b64encode(path.read_bytes()).decode()
        self.run(
            f"""(async () => {{
            const bytes = Uint8Array.from(atob({json.dumps(content)}), (sign) => sign.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], {json.dumps(path.name)}));
            document.getElementById("drop").dispatchEvent(
              new DragEvent("drop", {{ dataTransfer: data, bubbles: true, cancelable: true }}));
            return true; }})()"""
        )

    def choose(self, path: Path) -> None:
        """A file chosen by the dialogue of the file field."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
        self.call("DOM.setFileInputFiles", files=[str(path)], nodeId=node)

    def picture(self, path: Path, *, whole: bool = True) -> None:
        found = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))
