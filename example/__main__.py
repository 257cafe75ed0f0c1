"""Serve the inventory on this machine: ``python -m example --port 5000``."""

from __future__ import annotations

import errno
import os
import socket
import sys
from argparse import ArgumentParser
from contextlib import suppress
from secrets import token_hex

from werkzeug.serving import make_server

from . import create_app

HOST = "127.0.0.1"

WELCOME = """
  The demo runs at http://{host}:{port}/

  Log in as   admin   with the password   marigold-parade
         or   ada     with the password   analytical-engine

  As ada, try /costs/ too: it is for admin.
  Both are for this demo only. What you change is kept: `make clean` starts afresh.
  Press Ctrl-C to end it.
"""


def main() -> None:
    """Serve until Ctrl-C."""
    parser = ArgumentParser(prog="python -m example", description="Serve the example inventory.")
    parser.add_argument("--port", type=int, default=5000, help="0 takes any that is free")
    port = parser.parse_args().port
    os.environ.setdefault("FLASK_SECRET_KEY", token_hex(32))  # a demo may forget its logins
    with suppress(KeyboardInterrupt), listen(port) as listening:
        server = make_server(HOST, port, create_app(), threaded=True, fd=listening.fileno())
        print(WELCOME.format(host=HOST, port=server.port), flush=True)
        server.serve_forever()


def listen(port: int) -> socket.socket:
    """Return a socket that listens, or end the program with a sentence that says why it can't."""
    try:
        return socket.create_server((HOST, port))
    except OverflowError:
        sys.exit(f"{port} is no port: take one from 1 to 65535, as in `make demo PORT=5001`.")
    except OSError as error:
        reason = "is taken" if error.errno == errno.EADDRINUSE else f"can't be used ({error})"
        sys.exit(f"Port {port} {reason}: choose another one, as in `make demo PORT={port + 1}`.")


if __name__ == "__main__":
    main()
