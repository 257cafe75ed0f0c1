"""Counts in Redis, shared by real servers; and what happens when it is not there."""

from __future__ import annotations

import http.client
import json
import logging
import os
import signal
import subprocess
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from flask_simplelogin import MissingExtraError, SettingError, SimpleLogin, throttle
from flask_simplelogin.shared_counts import SharedCounts
from flask_simplelogin.throttle import Counts, Throttle, Throttled
from flask_simplelogin.throttle_storage import BoundedStorage

from .conftest import client_of, new_app, with_views
from .servers import ROOT, free_port, gunicorn, need, nginx, redis_server, running
from .throttles import LIMITS

APP = """
import os
from flask import Flask
from flask_simplelogin import SimpleLogin, get_username, login_required
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.security import check_password_hash, generate_password_hash

app = Flask(__name__)
app.config.update(SECRET_KEY="a key for tests", WTF_CSRF_ENABLED=False)
app.config["SIMPLELOGIN_THROTTLE_TIMEOUT"] = 0.8
RIGHT = generate_password_hash("right", "pbkdf2:sha256:10000")

def check(user):
    log = os.open(f"checks of {user['username']}", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.write(log, b".")
    os.close(log)
    return check_password_hash(RIGHT, user["password"])

SimpleLogin(app, check)
app.wsgi_app = ProxyFix(app.wsgi_app)

@app.get("/api")
@login_required(basic=True)
def api():
    return {"username": get_username()}
"""


PROCESSES = 4


@dataclass
class Site:
    """Two gunicorns behind an nginx, and the Redis that they share."""

    folder: Path
    port: int
    redis_port: int
    start_redis: Callable[[], subprocess.Popen[bytes]]
    redis: subprocess.Popen[bytes]
    host: int = 1

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Any:
        """Send a request; return the answer, read."""
        source = (f"127.0.0.{self.host}", 0)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, 20, source)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        return answer

    def basic(self, name: str, password: str) -> int:
        """Ask with Basic credentials; return the status."""
        token = b64encode(f"{name}:{password}".encode()).decode()
        return int(self.ask("GET", "/api", Authorization=f"Basic {token}").status)

    def basic_at_once(self, count: int, name: str, password: str = "wrong {}") -> Counter[int]:
        """Ask as often, 30 at once; return how often each status was the answer."""
        with ThreadPoolExecutor(30) as pool:
            asked = pool.map(lambda n: self.basic(name, password.format(n)), range(count))
            return Counter(asked)

    def log_in(self, name: str, password: str, cookie: str = "") -> Any:
        """Log in by JSON."""
        body = json.dumps({"username": name, "password": password})
        headers = {"Content-Type": "application/json", "Cookie": cookie}
        return self.ask("POST", "/login/", body, **headers)

    def checks(self, name: str) -> int:
        """Return how often the checker was asked about a name, by all processes."""
        path = self.folder / f"checks of {name}"
        return len(path.read_bytes()) if path.exists() else 0

    def log(self) -> str:
        """Return what both servers have logged."""
        return "".join((self.folder / f"gunicorn{number}").read_text() for number in (1, 2))

    def said(self) -> Counter[str]:
        """Return how often the servers have said what must not be said too often."""
        log = self.log()
        texts = ("does not answer", "answers again", "Traceback")
        return Counter({text: log.count(text) for text in texts})

    def client(self) -> Any:
        """Return a client of the Redis."""
        return Redis(port=self.redis_port)


@pytest.fixture
def site(servers: Site) -> Site:
    """The servers, asked by a client whose address has not made a guess yet."""
    servers.host += 1
    return servers


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two gunicorns with two workers each, one of them preloaded; nginx; Redis."""
    need("nginx")
    folder = tmp_path_factory.mktemp("site")
    (folder / "app.py").write_text(APP)
    port, redis_port, first, second = (free_port() for _ in range(4))
    with ExitStack() as stack:

        def start_redis() -> subprocess.Popen[bytes]:
            return stack.enter_context(redis_server(folder / "redis", redis_port))

        redis = start_redis()
        storage = {"SIMPLELOGIN_THROTTLE_STORAGE": f"redis://localhost:{redis_port}/0"}
        options = ["--workers", "2", "--threads", "8", "--graceful-timeout", "1"]
        for number, (own, more) in enumerate([(first, []), (second, ["--preload"])], 1):
            command = gunicorn(own, *options, *more)
            stack.enter_context(running(command, own, folder / f"gunicorn{number}", **storage))
        header = "proxy_set_header X-Forwarded-For $remote_addr;"
        stack.enter_context(nginx(port, first, folder / "nginx", header, second))
        yield Site(folder, port, redis_port, start_redis, redis)


def test_two_servers_let_no_more_through_than_one(site: Site) -> None:
    """Sixty guesses at once, across four processes: ten are checked, whatever header is sent."""
    assert site.basic_at_once(60, "ada") == {401: 10, 429: 50}
    assert site.checks("ada") == 10
    answer = site.ask(
        "GET", "/api", Authorization="Basic YWRhOng=", **{"X-Forwarded-For": "9.9.9.9"}
    )
    assert answer.status == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 901
    assert site.log_in("ada", "right").status == 429


def test_right_requests_are_never_refused(site: Site) -> None:
    """Two hundred with the right password, thirty at once across four processes, after failures."""
    assert site.basic_at_once(5, "bob") == {401: 5}
    assert site.basic_at_once(200, "bob", "right") == {200: 200}
    assert site.checks("bob") == 205


def test_owner_logs_in_during_an_attack(site: Site) -> None:
    """By the browser that has done so before; its cookie is worthless for another name."""
    cookie = device_cookie(site.log_in("owner", "right"))
    site.basic_at_once(20, "owner")
    assert site.log_in("owner", "right").status == 429
    assert site.log_in("owner", "right", cookie).status == 200
    site.basic_at_once(12, "other")
    assert site.log_in("other", "right", cookie).status == 429


def device_cookie(answer: Any) -> str:
    """Return the device cookie of an answer, as a browser sends it."""
    (found,) = [each for each in answer.headers.get_all("Set-Cookie") if "_device=" in each]
    return str(found.partition(";")[0])


def test_unlock_by_the_command(site: Site) -> None:
    """It lets a name in again, however its owner writes it, and says whom not."""
    site.basic_at_once(12, "grace")
    assert site.basic("grace", "right") == 429
    assert (
        flask(site, "unlock", "GRACE")
        == "The guesses at 'GRACE' are forgotten; those of a network are not.\n"
    )
    assert site.basic("grace", "right") == 200
    assert flask(site, "unlock", "nobody") == "No guesses at 'nobody' are counted.\n"


def flask(site: Site, *arguments: str) -> str:
    """Run a command of the app; return what it printed."""
    result = subprocess.run(
        [sys.executable, "-m", "flask", "simplelogin", *arguments],
        cwd=site.folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SIMPLELOGIN_THROTTLE_STORAGE": f"redis://localhost:{site.redis_port}/0",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return result.stdout + result.stderr


@pytest.mark.parametrize("end", [signal.SIGSTOP, signal.SIGKILL], ids=lambda end: end.name)
def test_redis_that_goes_and_comes_back(site: Site, end: signal.Signals) -> None:
    """No 5xx and no hang; guesses are limited, the owner gets in, and sharing comes back."""
    name = end.name.lower()
    cookie = device_cookie(site.log_in(name, "right"))
    before = site.said()
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(timed, site, name) for _ in range(20)]
        site.redis.send_signal(end)
        asked += [pool.submit(timed, site, name) for _ in range(100)]
        answers = [each.result() for each in asked]
    assert {status for status, _ in answers} == {401, 429}
    assert max(seconds for _, seconds in answers) < 5
    assert site.checks(name) <= 1 + 10 * (
        PROCESSES + 1
    )  # each process for itself, and what Redis has seen
    assert site.log_in(name, "right").status == 429
    assert site.log_in(name, "right", cookie).status == 200
    if end == signal.SIGSTOP:
        site.redis.send_signal(signal.SIGCONT)
    else:
        site.redis.wait(10)
        site.redis = site.start_redis()
    wait_until(lambda: (site.said() - before)["answers again"] >= PROCESSES, site, name)
    assert site.basic_at_once(40, f"{name} again") == {401: 10, 429: 30}
    assert site.said() - before == {"does not answer": PROCESSES, "answers again": PROCESSES}


def timed(site: Site, name: str) -> tuple[int, float]:
    """Make a wrong guess; return the status, and how long it took."""
    start = time.monotonic()
    return site.basic(name, "wrong"), time.monotonic() - start


def wait_until(condition: Callable[[], bool], site: Site, name: str) -> None:
    """Keep guessing until the condition holds; half a minute at most."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        site.basic_at_once(12, name)


@pytest.mark.parametrize(("position", "is_found"), [(6, True), (14, False)])
def test_hydra(site: Site, tmp_path: Path, position: int, *, is_found: bool) -> None:
    """The guesser finds a password that stands early in its list, and none beyond the limit.

    By Basic: at our login form it gives up, because of the status 401.
    """
    program = need("hydra")
    name = f"user{position}"
    words = [f"wrong{number}" for number in range(20)]
    words[position - 1] = "right"
    (tmp_path / "words").write_text("\n".join(words) + "\n")
    options = ["-I", "-t", "1", "-f", "-l", name, "-P", "words", "-s", str(site.port)]
    site.client().flushdb()
    result = subprocess.run(
        [program, *options, "127.0.0.1", "http-get", "/api"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ("password: right" in result.stdout) is is_found, result.stdout
    assert 6 <= site.checks(name) <= 10


def one_more(throttle: Throttle) -> bool:
    """Make a wrong guess; return whether it was let through."""
    guess = throttle.guess("here", "ada")
    try:
        guess.begin()
    except Throttled:
        return False
    guess.end(is_right=False)
    return True


def counted_together(url: str) -> None:
    """Make sure that two who use the same URL count together, and can unlock."""
    one, two = (Throttle(LIMITS, SharedCounts(url, 5)) for _ in range(2))
    assert [one_more(throttle) for throttle in (one, two) * 6] == [True] * 10 + [False] * 2
    assert one.unlock("ada")
    assert one_more(two)


@pytest.mark.parametrize("scheme", ["redis", "valkey"])
def test_url_with_a_password(tmp_path: Path, caplog: pytest.LogCaptureFixture, scheme: str) -> None:
    """It is used, and stands in no message, not even where it is wrong."""
    port = free_port()
    with redis_server(tmp_path / "redis", port, "--requirepass", "geheim/1"):
        counted_together(f"{scheme}://:geheim%2F1@localhost:{port}/0")
        wrong = Throttle(LIMITS, SharedCounts(f"{scheme}://:ganz-falsch@localhost:{port}", 5))
        assert one_more(wrong)
        assert repr(wrong.counts) == "<SharedCounts>"
        with pytest.raises(Exception, match="does not answer") as caught:
            wrong.unlock("ada")
    said = caplog.text + str(caught.value) + str(vars(wrong))
    assert "does not answer (AuthenticationError)" in said
    assert "geheim" not in said
    assert "ganz-falsch" not in said


def test_unix_socket(tmp_path: Path) -> None:
    """Redis on the same machine."""
    port, path = free_port(), tmp_path / "socket"
    with redis_server(tmp_path / "redis", port, "--unixsocket", str(path)):
        counted_together(f"redis+unix://{path}")


def test_cluster(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A cluster that is down as the app starts is used as soon as it is up."""
    port = free_port()
    url = f"redis+cluster://localhost:{port}"
    bus = ["--cluster-port", str(free_port())]
    clock = [0.0]
    early = Throttle(LIMITS, SharedCounts(url, 0.5, clock=lambda: clock[0]))
    assert one_more(early)
    assert caplog.text.count("does not answer") == 1
    with redis_server(tmp_path / "redis", port, "--cluster-enabled", "yes", *bus):
        client: Any = Redis(port=port)
        client.execute_command("CLUSTER ADDSLOTSRANGE 0 16383")
        while client.cluster("info")["cluster_state"] != "ok":
            time.sleep(0.02)
        counted_together(url)
        clock[0] += 3
        assert [one_more(early) for _ in range(11)] == [True] * 9 + [False] * 2
    assert caplog.text.count("answers again") == 1


def test_sentinel(tmp_path: Path) -> None:
    """The sentinels name the Redis that counts."""
    port, sentinel = free_port(), free_port()
    (tmp_path / "sentinel.conf").write_text(
        f"port {sentinel}\ndir {tmp_path}\nsentinel monitor main 127.0.0.1 {port} 1\n"
    )
    command = [need("redis-server"), str(tmp_path / "sentinel.conf"), "--sentinel"]
    with (
        redis_server(tmp_path / "redis", port),
        running(command, sentinel, tmp_path / "sentinel.log"),
    ):
        counted_together(f"redis+sentinel://localhost:{sentinel}/main")


@pytest.mark.parametrize(("scheme", "package"), [("redis", "redis"), ("valkey+cluster", "valkey")])
def test_missing_package(monkeypatch: pytest.MonkeyPatch, scheme: str, package: str) -> None:
    """The error says what to install, as the app starts."""
    monkeypatch.setitem(sys.modules, f"{package}.retry", None)
    with pytest.raises(MissingExtraError) as caught:
        SharedCounts(f"{scheme}://:geheim@localhost:6379", 1)
    assert str(caught.value).endswith(f"pip install 'Flask-SimpleLogin[{package}]'")


@pytest.mark.parametrize(
    "url",
    [
        "redis://:geheim/1@localhost:6379",
        "redis://localhost:geheim",
        "redis+sentinel://:geheim@localhost:26379",
        "redis+cluster://:geheim@localhost",
        "redis://:geheim@localhost:6379/0?socket_timeout=x",
    ],
)
def test_url_that_can_not_be_used(url: str) -> None:
    """It fails as the app starts, and does not show the URL."""
    with pytest.raises(SettingError) as caught:
        SimpleLogin(new_app(SIMPLELOGIN_THROTTLE_STORAGE=url))
    assert "SIMPLELOGIN_THROTTLE_STORAGE" in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_environment_goes_first(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    """The URL holds a password, so it may stay out of the configuration."""
    monkeypatch.setenv("SIMPLELOGIN_THROTTLE_STORAGE", f"redis://localhost:{free_port()}/0")
    app = new_app(SIMPLELOGIN_THROTTLE_STORAGE="memory://")
    SimpleLogin(app, lambda user: False)
    with caplog.at_level(logging.WARNING):
        answers = [
            client_of(with_views(app) if number == 0 else app).get("/api", auth=("ada", "x"))
            for number in range(11)
        ]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert caplog.text.count("does not answer") == 1


class Hesitant(Counts):
    """A storage whose answers come when a test says so, and may be none."""

    def __init__(self) -> None:
        super().__init__(BoundedStorage())
        self.asked: list[Future[bool]] = []

    def hit(self, counter: Any) -> bool:
        """Wait for the answer."""
        self.asked.append(Future())
        return self.asked[-1].result(30)


@dataclass
class Hesitation:
    """Counts over a hesitant storage, their clock, and threads that ask them."""

    counts: SharedCounts
    storage: Hesitant
    clock: list[float]
    pool: ThreadPoolExecutor

    def ask(self) -> Future[bool]:
        """Ask in a thread; return what will be answered, as soon as the storage has been asked."""
        before = len(self.storage.asked)
        self.clock[0] += 1
        answer = self.pool.submit(self.counts.hit, ANYBODY)
        end = time.monotonic() + 10
        while len(self.storage.asked) == before and not answer.done():
            assert time.monotonic() < end
            time.sleep(0.001)
        return answer


ANYBODY = throttle.Counter(LIMITS.per_name, ("anybody",))


@pytest.fixture
def hesitation() -> Iterator[Hesitation]:
    """Counts whose storage hesitates."""
    clock, storage = [100.0], Hesitant()
    counts = SharedCounts(f"redis://localhost:{free_port()}", 1, clock=lambda: clock[0])
    counts._shared = storage
    with ThreadPoolExecutor(4) as pool:
        yield Hesitation(counts, storage, clock, pool)


def test_answer_from_before_an_outage_does_not_end_it(
    hesitation: Hesitation, caplog: pytest.LogCaptureFixture
) -> None:
    """Who was asked first and answers late says nothing of now."""
    early, late = hesitation.ask(), hesitation.ask()
    hesitation.storage.asked[1].set_exception(ConnectionError())
    assert late.result(10)
    hesitation.storage.asked[0].set_result(True)
    assert early.result(10)
    assert hesitation.ask().result(10)
    assert len(hesitation.storage.asked) == 2
    assert "answers again" not in caplog.text


def test_failure_from_before_an_answer_is_no_outage(
    hesitation: Hesitation, caplog: pytest.LogCaptureFixture
) -> None:
    """It is counted here, and the next is asked there."""
    early, late = hesitation.ask(), hesitation.ask()
    hesitation.storage.asked[1].set_result(True)
    assert late.result(10)
    hesitation.storage.asked[0].set_exception(ConnectionError())
    assert early.result(10)
    third = hesitation.ask()
    hesitation.storage.asked[2].set_result(True)
    assert third.result(10)
    assert caplog.text == ""


def test_one_request_tries_whether_it_is_back(
    hesitation: Hesitation, caplog: pytest.LogCaptureFixture
) -> None:
    """Two seconds after the last try; the others do not wait for it."""
    first = hesitation.ask()
    hesitation.storage.asked[0].set_exception(ConnectionError())
    assert first.result(10)
    hesitation.clock[0] += 2
    trial = hesitation.ask()
    assert len(hesitation.storage.asked) == 2
    hesitation.clock[0] -= 1
    assert hesitation.ask().result(10)
    assert not trial.done()
    hesitation.storage.asked[1].set_result(True)
    assert trial.result(10)
    assert len(hesitation.storage.asked) == 2
    assert caplog.text.count("answers again") == 1
