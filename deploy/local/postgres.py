"""One real PostgreSQL 18 on loopback, with passwords and durable commits, from the binaries of a wheel."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from deploy.local.account import PostgresUnavailable, choose_account, reachable_binaries, writable_folder
from deploy.local.processes import Process, Program, accepts
from deploy.local.secrets import Passwords, write_private

ADMIN = "postgres"
START_SECONDS = 60.0
STOP_SECONDS = 20.0
INITDB_SECONDS = 120
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "max_locks_per_transaction": "256",
    # Tables grow from nothing to thousands of rows within a minute here: the planner should know.
    "autovacuum_naptime": "5s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # No borrower's data in the log: neither statements, nor their parameters, nor the values of a violated key.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}


class PostgresServer:
    """A cluster in *folder*, served at *port*; call from the main thread."""

    def __init__(
        self, folder: Path, port: int, *, log: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder.absolute()
        self.port = port
        self.passwords = Passwords(self.folder / "passwords.json")
        self._log = log or self.folder / "postgres.log"
        self._settings = {**SETTINGS, **(settings or {}), "port": str(port)}
        self._account = choose_account()
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        """The postmaster's id, None while it does not run."""
        return self._process.pid if self._process else None

    def prepare(self) -> None:
        """Make the cluster if it is not there yet: whole, or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        data = writable_folder(self.folder / "data", self._account)
        if (data / "cluster" / "PG_VERSION").exists():
            return
        fresh = data / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        self._initdb(data, fresh)
        fresh.rename(data / "cluster")

    def program(self) -> Program:
        """What runs; for whoever supervises it. `prepare` comes first."""
        cluster = (self.folder / "data").resolve() / "cluster"
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            argv=(str(self._binary("postgres")), "-D", str(cluster), *options),
            port=self.port,
            account=self._account,
            is_ready=lambda: _is_serving(cluster) and accepts(self.port),
            stop_signal=signal.SIGINT,
            stop_seconds=STOP_SECONDS,
            death_signal=signal.SIGINT,
        )

    def spawn(self) -> None:
        """Start it without waiting."""
        if self._process is None:
            self._process = Process(self.program(), self._log)
        self._process.spawn()

    def is_ready(self) -> bool:
        """Whether it takes connections."""
        return self._process is not None and self._process.pid is not None and self._process.program.is_ready()

    def start(self) -> None:
        """Make the cluster if need be, start it, and return when it takes connections."""
        self.prepare()
        self.spawn()
        assert self._process is not None
        self._process.wait_ready(START_SECONDS)

    def stop(self, *, immediate: bool = False) -> None:
        """End it: connections are cut and all is written out, or (*immediate*) as if the power had failed."""
        if self._process is None:
            return
        if immediate and (pid := self.pid) is not None:
            os.kill(pid, signal.SIGQUIT)
            self._process.wait_end(STOP_SECONDS)
        self._process.stop()

    def remove(self) -> None:
        """Stop it and delete all it ever wrote, wherever that lies."""
        self.stop(immediate=True)
        remove_cluster(self.folder)

    def url(self, database: str, role: str, driver: str = "+asyncpg") -> str:
        """Where *role* finds *database*, password included; without *driver* it is plain libpq's."""
        password = quote(self.passwords.of(role), safe="")
        return f"postgresql{driver}://{quote(role)}:{password}@127.0.0.1:{self.port}/{quote(database)}"

    def admin_url(self, database: str = "postgres", driver: str = "+asyncpg") -> str:
        """The same for the superuser."""
        return self.url(database, ADMIN, driver)

    def _binary(self, name: str) -> Path:
        return reachable_binaries(self._account) / name

    def _initdb(self, data: Path, fresh: Path) -> None:
        """Code points order text, Unicode folds case, and neither depends on the machine's locales."""
        secret = data / "password"
        write_private(secret, self.passwords.of(ADMIN))
        if self._account:
            os.chown(secret, self._account.uid, self._account.gid)
        try:
            done = subprocess.run(
                [
                    str(self._binary("initdb")), f"--pgdata={fresh}", f"--username={ADMIN}", f"--pwfile={secret}",
                    "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
                    "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                ],
                user=self._account.uid if self._account else None,
                group=self._account.gid if self._account else None,
                extra_groups=[] if self._account else None,
                cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=INITDB_SECONDS, check=False,
            )  # fmt: skip
        finally:
            secret.unlink()
        if done.returncode:
            raise PostgresUnavailable(f"initdb failed: {done.stderr.strip()}")


def remove_cluster(folder: Path) -> None:
    """Delete what a `PostgresServer` made in *folder*, and the data beyond it if they had to live elsewhere."""
    data = folder / "data"
    if data.is_symlink():
        shutil.rmtree(data.resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _is_serving(cluster: Path) -> bool:
    """The last line of the postmaster's own file says when recovery is over."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"
