"""Real servers for tests: started on a free port of this machine, and ended."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from glob import glob
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
START_SECONDS = 30


def free_port() -> int:
    """Return a port that nobody listens on, and that no client gets as its own meanwhile."""
    while True:
        port = random.randrange(10_000, 32_768)  # Linux gives clients those above
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def need(program: str, *folders: str) -> str:
    """Return the program's path, or skip the test if it is missing."""
    for folder in (None, "/usr/sbin", *folders):
        path = shutil.which(program, path=folder)
        if path:
            return path
    pytest.skip(f"needs the program {program}")


@contextmanager
def running(
    command: Sequence[str], port: int, log: Path, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; it starts when its port is open."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=log.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(process, port, log)
            yield process
        finally:
            process.terminate()
            process.wait(10)


def flask_run(port: int, *options: str) -> list[str]:
    """Return the command of the development server, for the file app.py."""
    return [sys.executable, "-m", "flask", "--app", "app", "run", "--port", str(port), *options]


def gunicorn(port: int, *options: str) -> list[str]:
    """Return the command of gunicorn, for the app in the file app.py."""
    return [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", *options, "app:app"]


@contextmanager
def nginx(port: int, backend: int, folder: Path, location: str = "", *more: int) -> Iterator[None]:
    """Run nginx in front of one backend or more; a bare ``proxy_pass`` if no more is said."""
    backends = " ".join(f"server 127.0.0.1:{each};" for each in (backend, *more))
    program = need("nginx")
    folder.mkdir(exist_ok=True)
    (folder / "nginx.conf").write_text(
        f"""
        daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
        events {{}}
        http {{
          access_log off;
          client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
          fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
          upstream app {{ {backends} }}
          server {{
            listen 127.0.0.1:{port};
            location / {{ proxy_pass http://app; {location} }}
          }}
        }}
        """
    )
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with running(command, port, folder / "nginx.log"):
        yield


@contextmanager
def redis_server(folder: Path, port: int, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Redis that keeps nothing on the disk."""
    folder.mkdir(exist_ok=True)
    command = [need("redis-server"), "--port", str(port), "--save", "", "--dir", str(folder)]
    with running([*command, *options], port, folder / "redis.log") as process:
        yield process


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until the server listens."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with socket.socket() as client:
            client.settimeout(0.2)
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)  # not a delay that a result hangs on: it looks again
    raise RuntimeError(f"the server did not start: {log.read_text()}")


class PostgreSQL:
    """An empty PostgreSQL, which can be ended and started again.

    It does not run as root, so its folder is one that its own user can reach.
    """

    def __init__(self) -> None:
        found = need("initdb", *glob("/usr/lib/postgresql/*/bin"))
        self._programs = Path(found).resolve().parent
        self._folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
        self._port = free_port()
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            self._as_user = [need("setpriv"), "--reuid=postgres", "--regid=postgres"]
            self._as_user.append("--clear-groups")
            shutil.chown(self._folder, "postgres", "postgres")
        options = ["-U", "tester", "-A", "trust", "--no-sync"]
        subprocess.run(self._command("initdb", *options), check=True, capture_output=True, cwd="/")
        self.url = f"postgresql+psycopg://tester@127.0.0.1:{self._port}/postgres"

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Run it until the block ends, and give the URL of its database."""
        port = str(self._port)
        options = ["-p", port, "-h", "127.0.0.1", "-k", str(self._folder), "-F"]
        with running(self._command("postgres", *options), self._port, self._folder / "log") as run:
            try:
                ready = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", port]
                while subprocess.run(ready, check=False).returncode and run.poll() is None:
                    pass  # it says that it is starting up
                yield self.url
            finally:
                run.send_signal(signal.SIGINT)  # which does not wait for its clients
                run.wait(10)

    def remove(self) -> None:
        """Remove its folder."""
        shutil.rmtree(self._folder)

    def _command(self, program: str, *options: str) -> list[str]:
        """Return the command of one of its programs."""
        path = str(self._programs / program)
        return [*self._as_user, path, "-D", str(self._folder / "data"), *options]


@contextmanager
def postgresql() -> Iterator[str]:
    """Run an empty PostgreSQL and give the URL of its database."""
    server = PostgreSQL()
    try:
        with server.serve() as url:
            yield url
    finally:
        server.remove()
