"""What makes up the running system, in what order it starts, and what each part is told."""

import http.client
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.local.databases import HOUSES, app_role_of, database_of, owner_role_of
from deploy.local.kafka import KafkaServer, KafkaUnavailable
from deploy.local.postgres import PostgresServer
from deploy.local.processes import Program, accepts
from deploy.local.profile import Profile
from deploy.local.secrets import ensure_master_key
from deploy.local.tokens import ISSUER, ensure_keys, jwks_file, write_service_token

LOOPBACK = "127.0.0.1"
WITH_A_VAULT = ("contact", "feedback")
READY_SECONDS = 2.0
PROCESSES = ("postgres", "kafka", *HOUSES, "sandbox", "inbox")
NO_BROKER = "switched off in the profile"


@dataclass(frozen=True, slots=True)
class Step:
    """A program that starts when all of *after* are there: kept running, or (*once*) run to its end."""

    program: Program
    after: tuple[str, ...] = ()
    once: bool = False
    prepare: Callable[[], None] | None = None

    @property
    def name(self) -> str:
        """Unique in the plan."""
        return self.program.name

    @property
    def is_store(self) -> bool:
        """Stores stop last: the others may still have something to write."""
        return self.name in ("postgres", "kafka")


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps; *notice* says why there is no broker, None if there is one."""

    steps: tuple[Step, ...]
    notice: str | None


def draw_plan(profile: Profile) -> Plan:
    """The plan of *profile*, with keys, tokens and passwords made where they are missing."""
    ensure_keys(profile.keys)
    ensure_master_key(_master_key_file(profile))
    write_service_tokens(profile)
    postgres = PostgresServer(profile.folder / "postgres", profile.ports["postgres"])
    broker, notice = _broker(profile)
    before_houses = [step for house in HOUSES for step in _migration_steps(profile, postgres, house)]
    steps = [*_postgres_steps(profile, postgres), *_kafka_steps(profile, broker), *before_houses]
    after = tuple(step.name for step in steps if step.once)
    bootstrap = broker.bootstrap if broker else ""
    steps += [Step(house_program(profile, house, bootstrap), after) for house in HOUSES]
    return Plan((*steps, _sandbox_step(profile), _inbox_step(profile)), notice)


def write_service_tokens(profile: Profile) -> None:
    """Fresh tokens for the houses, which read them again for every call to each other."""
    for house in HOUSES:
        write_service_token(profile.keys, _token_file(profile, house), house)


def is_http_ready(port: int) -> bool:
    """Whether `/readyz` at *port* answers 200."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=READY_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _broker(profile: Profile) -> tuple[KafkaServer | None, str | None]:
    if not profile.broker:
        return None, NO_BROKER
    try:
        return KafkaServer(profile.folder / "kafka", profile.ports["kafka"], profile.ports["controller"]), None
    except KafkaUnavailable as reason:
        return None, str(reason)


def _postgres_steps(profile: Profile, server: PostgresServer) -> list[Step]:
    server.prepare()
    make = Program("databases", _python("deploy.local.databases", str(profile.folder)))
    return [Step(server.program()), Step(make, ("postgres",), once=True)]


def _kafka_steps(profile: Profile, server: KafkaServer | None) -> list[Step]:
    if server is None:
        return []
    make = Program("topics", _python("deploy.local.topics", server.bootstrap, str(profile.partitions)))
    return [Step(server.program(), prepare=server.prepare), Step(make, ("kafka",), once=True)]


def _migration_steps(profile: Profile, server: PostgresServer, house: str) -> list[Step]:
    """Migrate as the owner; under a simulated clock also set it, before any house can read it."""
    environment = {
        "FORBEAR_HOUSE": house,
        "FORBEAR_DATABASE_URL": server.url(database_of(house), owner_role_of(house)),
        "FORBEAR_APP_ROLE": app_role_of(house),
    }
    migrate = Program(f"migrate-{house}", _python(profile.migrations, house), environment=environment)
    steps = [Step(migrate, ("databases",), once=True)]
    if profile.clock_start is not None:
        argv = _python(profile.migrations, house, "--clock", profile.clock_start)
        steps.append(Step(replace(migrate, name=f"clock-{house}", argv=argv), (migrate.name,), once=True))
    return steps


def house_program(profile: Profile, house: str, bootstrap: str = "") -> Program:
    """How *house* is run, with everything it is told; without *bootstrap* it knows of no broker."""
    port = profile.ports[house]
    server = PostgresServer(profile.folder / "postgres", profile.ports["postgres"])
    environment = {
        "FORBEAR_HOUSE": house,
        "FORBEAR_HOST": LOOPBACK,
        "FORBEAR_PORT": str(port),
        "FORBEAR_DATABASE_URL": server.url(database_of(house), app_role_of(house)),
        "FORBEAR_KAFKA_BOOTSTRAP": bootstrap,
        "FORBEAR_CLOCK": profile.clock,
        "FORBEAR_PEERS": json.dumps({peer: f"http://{LOOPBACK}:{profile.ports[peer]}" for peer in HOUSES}),
        "FORBEAR_JWKS_FILE": str(jwks_file(profile.keys)),
        "FORBEAR_ISSUERS": json.dumps([ISSUER]),
        "FORBEAR_SERVICE_TOKEN_FILE": str(_token_file(profile, house)),
        # Nothing listens beyond loopback, and a replay calls as fast as it can.
        "FORBEAR_DOCS": "open",
        "FORBEAR_CALLS_PER_SECOND": "0",
        "FORBEAR_STREET_CALLS_PER_SECOND": "0",
        "FORBEAR_JURISDICTION": profile.jurisdiction,
        "FORBEAR_BUSINESS_ZONE": profile.business_zone,
        **_master_key_environment(profile, house),
        **(_contact_environment(profile) if house == "contact" else {}),
    }
    argv = _python(profile.service.format(house=house), house)
    return Program(house, argv, port, environment, is_ready=lambda: is_http_ready(port))


def _contact_environment(profile: Profile) -> Mapping[str, str]:
    return {
        "FORBEAR_SANDBOX_URL": f"http://{LOOPBACK}:{profile.ports['sandbox']}",
        "FORBEAR_SMTP_HOST": LOOPBACK,
        "FORBEAR_SMTP_PORT": str(profile.ports["smtp"]),
        # Both are ours and stand next door: a replay does not wait for them.
        "FORBEAR_SANDBOX_PER_SECOND": "1000",
        "FORBEAR_SMTP_PER_SECOND": "1000",
    }


def _master_key_environment(profile: Profile, house: str) -> Mapping[str, str]:
    """The key that wraps the borrowers' own keys, for the houses that keep a vault."""
    return {"FORBEAR_MASTER_KEY_FILE": str(_master_key_file(profile))} if house in WITH_A_VAULT else {}


def _sandbox_step(profile: Profile) -> Step:
    port = profile.ports["sandbox"]
    argv = _python("deploy.local.sandbox", str(profile.folder / "sandbox.jsonl"), str(port))
    return Step(Program("sandbox", argv, port, is_ready=lambda: is_http_ready(port)))


def _inbox_step(profile: Profile) -> Step:
    smtp, page = profile.ports["smtp"], profile.ports["inbox"]
    argv = _python("deploy.local.inbox", str(profile.folder / "inbox.jsonl"), str(smtp), str(page))
    return Step(Program("inbox", argv, page, is_ready=lambda: is_http_ready(page) and accepts(smtp)))


def _master_key_file(profile: Profile) -> Path:
    return profile.folder / "master.key"


def _token_file(profile: Profile, house: str) -> Path:
    return profile.folder / "tokens" / f"{house}.jwt"


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)
