"""The fixtures every test may ask for, and a loud word about tests that could not run."""

from collections.abc import Iterator

import pytest

from deploy.local.kafka import KafkaServer, KafkaUnavailable
from deploy.local.postgres import PostgresServer
from tests.harness import Databases, Topics, running_kafka, running_postgres

WITHOUT_KAFKA: list[str] = []


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The session's PostgreSQL."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def databases(postgres: PostgresServer) -> Databases:
    """`await databases.fresh("ingest")` gives a database of one's own."""
    return Databases(postgres)


@pytest.fixture(scope="session")
def kafka_or_reason() -> Iterator[KafkaServer | str]:
    """The session's broker, or why there is none."""
    try:
        context = running_kafka()
        server = context.__enter__()
    except KafkaUnavailable as reason:
        yield str(reason)
        return
    try:
        yield server
    finally:
        context.__exit__(None, None, None)


@pytest.fixture
def kafka(request: pytest.FixtureRequest, kafka_or_reason: KafkaServer | str) -> KafkaServer:
    """The session's broker; the test is skipped by name where none can run."""
    if isinstance(kafka_or_reason, str):
        WITHOUT_KAFKA.append(request.node.nodeid)
        pytest.skip(f"{request.node.name} needs Kafka: {kafka_or_reason}")
    return kafka_or_reason


@pytest.fixture
def topics(kafka: KafkaServer) -> Topics:
    """`await topics.fresh()` gives four topics of one's own."""
    return Topics(kafka)


@pytest.fixture(autouse=True)
def _kafka_where_marked(request: pytest.FixtureRequest) -> None:
    """A test marked `kafka` has a broker, or does not run, whichever fixtures it names."""
    if request.node.get_closest_marker("kafka"):
        request.getfixturevalue("kafka")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name every test that was skipped for want of a broker."""
    if WITHOUT_KAFKA:
        terminalreporter.section("NOT RUN: these tests need Kafka, and there is none here", red=True, bold=True)
        for name in WITHOUT_KAFKA:
            terminalreporter.line(name)
