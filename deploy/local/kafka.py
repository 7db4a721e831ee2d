"""One real Apache Kafka broker on loopback, KRaft mode: its own controller, no ZooKeeper, no container."""

import base64
import secrets
import shutil
import signal
import socket
import struct
import subprocess
from pathlib import Path

from deploy.local.java import KAFKA_LIBS, POM, KafkaUnavailable, find_java, has_jars
from deploy.local.processes import Process, Program

MESSAGE_BYTES_MAX = 2 * 1024 * 1024
START_SECONDS = 60.0
STOP_SECONDS = 10.0
FORMAT_SECONDS = 60
HEAP = "-Xmx512m"
NODE = 1
API_VERSIONS_REQUEST = struct.pack(">ihhih5s", 15, 18, 0, 1, 5, b"probe")

__all__ = ["KafkaServer", "KafkaUnavailable"]


class KafkaServer:
    """A broker with its log in *folder*, serving at *port* and voting at *controller_port*; call from the main thread.

    Raises:
        KafkaUnavailable: there is no JDK 17 or newer, or the jars were not brought (`ensure_jars`).
    """

    def __init__(
        self, folder: Path, port: int, controller_port: int, *, log: Path | None = None, libs: Path = KAFKA_LIBS
    ) -> None:
        self.folder = folder.absolute()
        self.port = port
        self.controller_port = controller_port
        self._log = log or self.folder / "kafka.log"
        self._java = find_java()
        self._libs = libs
        if not has_jars(libs):
            raise KafkaUnavailable("the broker's jars are not here; `make setup` brings them, with Maven")
        self._process: Process | None = None

    @property
    def bootstrap(self) -> str:
        """Where clients begin."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The broker's id, None while it does not run."""
        return self._process.pid if self._process else None

    def prepare(self) -> None:
        """Write the settings, and format the log folder if it is new."""
        shutil.rmtree(self._unpacked, ignore_errors=True)  # what a killed broker left there
        self._unpacked.mkdir(parents=True)
        self._properties.write_text("".join(f"{name}={value}\n" for name, value in self._settings().items()))
        if (self.folder / "log" / "meta.properties").exists():
            return
        cluster = base64.urlsafe_b64encode(b"\x01" + secrets.token_bytes(15)).decode().rstrip("=")
        done = subprocess.run(
            self._java_command("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self._properties)),
            capture_output=True, text=True, timeout=FORMAT_SECONDS, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode:
            raise KafkaUnavailable(f"the broker's folder could not be formatted: {done.stderr.strip()}")

    def program(self) -> Program:
        """What runs; for whoever supervises it. `prepare` comes first."""
        return Program(
            name="kafka",
            argv=self._java_command("kafka.Kafka", str(self._properties)),
            port=self.port,
            is_ready=lambda: answers(self.port),
            stop_signal=signal.SIGTERM,
            stop_seconds=STOP_SECONDS,
            death_signal=signal.SIGTERM,
        )

    def spawn(self) -> None:
        """Start it without waiting."""
        if self._process is None:
            self._process = Process(self.program(), self._log)
        self._process.spawn()

    def is_ready(self) -> bool:
        """Whether it answers requests."""
        return self.pid is not None and answers(self.port)

    def start(self) -> None:
        """Format if need be, start it, and return when it answers."""
        self.prepare()
        self.spawn()
        assert self._process is not None
        self._process.wait_ready(START_SECONDS)

    def stop(self, *, immediate: bool = False) -> None:
        """End it: a clean stop of up to two seconds, or (*immediate*) SIGKILL."""
        if self._process is None:
            return
        if immediate:
            self._process.kill()
        self._process.stop()

    def remove(self) -> None:
        """Stop it and delete all it ever wrote."""
        self.stop(immediate=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    @property
    def _unpacked(self) -> Path:
        """Where the libraries that a broker brings are unpacked; one that is killed leaves them."""
        return self.folder / "tmp"

    def _settings(self) -> dict[str, str]:
        controller = f"127.0.0.1:{self.controller_port}"
        return {
            "process.roles": "broker,controller",
            "node.id": str(NODE),
            "controller.quorum.voters": f"{NODE}@{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self.folder / "log"),
            **BROKER_SETTINGS,
        }

    def _java_command(self, main: str, *arguments: str) -> tuple[str, ...]:
        logging = f"-Dlog4j2.configurationFile={POM.with_name('log4j2.properties')}"
        unpacked = f"-Djava.io.tmpdir={self._unpacked}"
        return (self._java, HEAP, logging, unpacked, "-cp", str(self._libs / "*"), main, *arguments)


BROKER_SETTINGS = {
    "auto.create.topics.enable": "false",
    "message.max.bytes": str(MESSAGE_BYTES_MAX),
    "replica.fetch.max.bytes": str(MESSAGE_BYTES_MAX),
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # A broker that was killed is let back in when its old session has ended: after 2 s instead of 9.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
    "log.retention.ms": "-1",
}


def answers(port: int) -> bool:
    """Whether a broker at *port* answers the first question every client asks."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5) as connection:
            connection.settimeout(2)
            connection.sendall(API_VERSIONS_REQUEST)
            return len(connection.recv(4)) == 4
    except OSError:
        return False
