"""Git behind a server on this machine: a web server with `git http-backend` as a forge has it, git's own, or ssh."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class _Backend(BaseHTTPRequestHandler):
    """Hands every request to git and its answer back."""

    projects: Path

    def do_GET(self) -> None:
        """Answer a request, of either kind."""
        path, _, query = self.path.partition("?")
        sent = self._body()
        env = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.projects),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(sent)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            # Only who is known may push.
            "REMOTE_USER": "somebody",
        }
        done = subprocess.run(["git", "http-backend"], env=env, input=sent, capture_output=True, check=False)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the base class has these names

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        return found

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextlib.contextmanager
def over_http(repository: Path) -> Iterator[str]:
    """Serve a bare repository; give its address."""
    handler = type("Backend", (_Backend,), {"projects": repository.parent})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/{repository.name}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def over_git(repository: Path) -> Iterator[str]:
    """Serve a bare repository by `git daemon`; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ("--reuseaddr", "--export-all", "--enable=receive-pack", f"--base-path={repository.parent}")
    server = subprocess.Popen(
        ["git", "daemon", "--listen=127.0.0.1", f"--port={port}", *options, str(repository.parent)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"git://127.0.0.1:{port}/{repository.name}"
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def over_ssh(repository: Path) -> Iterator[str]:
    """Give an ssh address, and have the user's environment name a shell that plays the other end."""
    ssh = repository.parent / "ssh"
    ssh.write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n', encoding="utf-8")
    ssh.chmod(0o755)
    os.environ.update(GIT_SSH_COMMAND=str(ssh), GIT_SSH_VARIANT="simple")
    try:
        yield f"ssh://somewhere{repository}"
    finally:
        del os.environ["GIT_SSH_COMMAND"], os.environ["GIT_SSH_VARIANT"]


@contextlib.contextmanager
def as_directory(repository: Path) -> Iterator[str]:
    """A directory of this machine, which needs no server."""
    yield str(repository)
