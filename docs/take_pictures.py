"""Take the pictures of README and docs: run it as ``python docs/take_pictures.py``.

It needs Chromium and the packages of ``tests/requirements.txt``.
"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from flask import Flask
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from flask_simplelogin import SimpleLogin

PICTURES = Path(__file__).parent / "pictures"
FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
)


def main() -> None:
    """Serve the two-line app and photograph its login page in both looks."""
    app = Flask("pictures")
    app.secret_key = "for pictures only"  # noqa: S105
    SimpleLogin(app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS.split()
        )
        for look in ("light", "dark"):
            page = browser.new_page(
                viewport={"width": 640, "height": 480},
                color_scheme=look,  # type: ignore[arg-type]
                device_scale_factor=2,
            )
            page.goto(f"http://127.0.0.1:{server.port}/login/")
            page.fill("#username", "ada")
            page.screenshot(path=PICTURES / f"login-{look}.png")
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
