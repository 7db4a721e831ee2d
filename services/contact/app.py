"""Contact, put together: settings in, a running application out."""

import sys
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI

from services.contact.api.approvals import approvals_door
from services.contact.api.budgets import budgets_door
from services.contact.api.checks import checks_door
from services.contact.api.contacts import contacts_door
from services.contact.api.holds import holds_door
from services.contact.api.inbound import Inbound, replies_door
from services.contact.api.killswitch import killswitch_door
from services.contact.api.onboarding import onboarding_door
from services.contact.api.profiles import profiles_door
from services.contact.api.signatures import Signatures
from services.contact.api.webhooks import webhooks_door
from services.contact.consumers import HANDLERS, HEARS
from services.contact.domain.borrower import Borrower, blank
from services.contact.domain.decide import ANSWERS, decide
from services.contact.domain.evolve import evolve
from services.contact.domain.waking import wake_at
from services.contact.gateways import Gateway, Login, SandboxGateway, SmtpGateway
from services.contact.sender import Sender
from services.contact.settings import Settings
from services.contact.store.attempts import count_open
from services.contact.store.budgets import at_wake, charging
from services.contact.store.calendars import load_china
from services.contact.store.contexts import Desk, rules_of
from services.contact.store.fitness import check_texts
from services.contact.store.messages import Composer
from services.contact.store.profiles import address
from services.contact.store.rows import TABLES, Routes
from services.contact.store.rules import load_packs, load_strategy
from services.contact.store.sealing import Sealer
from services.contact.store.texts import load_texts
from services.contact.store.vault import check_master_key
from services.contact.store.written import rulebook_of
from services.contact.timers import Ask
from shared.clock import clock_named
from shared.database import Database
from shared.fold import House
from shared.heads import Peer
from shared.service import Assembly, build_app, serve
from shared.verify import VERIFY, Verification, by_name, run_verification


def build_house(
    settings: Settings, desk: Desk, peers: Mapping[str, Peer], gateways: Mapping[str, Gateway]
) -> House[Borrower]:
    """Contact as a value."""
    providers = {channel: name for name, gateway in gateways.items() for channel in gateway.capabilities.channels}
    return House(
        name="contact",
        topic="collections.contacts.v1",
        hears=HEARS,
        state_type=Borrower,
        schema=1,
        blank=blank,
        evolve=evolve,
        decide=charging(decide),
        at_wake=at_wake,
        wake_at=wake_at,
        gather=desk.gather,
        listens_to=frozenset(HANDLERS),
        database=Database.at(settings.database_url, "forbear contact"),
        clock=clock_named(settings.clock),
        prepare=Ask(peers),
        address=address,
        rows=Routes(providers, desk.strategy.name, desk.zone).rows_of,
        tables=TABLES,
    )


def build_gateways(settings: Settings) -> dict[str, Gateway]:
    """The providers that the settings name; of two that carry a channel, the later one does."""
    gateways: list[Gateway] = []
    if settings.sandbox_url:
        gateways.append(SandboxGateway(settings.sandbox_url, rate_per_second=settings.sandbox_per_second))
    if settings.smtp_host:
        gateways.append(build_mail(settings))
    return {gateway.name: gateway for gateway in gateways}


def build_mail(settings: Settings) -> SmtpGateway:
    """The mail server that the settings name. Raises: BadCertificates."""
    password_file = settings.smtp_password_file
    return SmtpGateway(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_sender,
        security=settings.smtp_security,
        login=Login(settings.smtp_username, password_file) if password_file is not None else None,
        ca_file=settings.smtp_ca_file,
        rate_per_second=settings.smtp_per_second,
    )


def build(settings: Settings, peers: Mapping[str, Peer] | None = None) -> FastAPI:
    """Contact as an application; *peers* are the houses it hears, by default where the settings say.

    Raises: BadRules, BadTemplate, BadMasterKey, BadSecrets, BadCertificates: with them nothing may start.
    """
    book = load_packs(settings.packs)
    texts = load_texts(settings.templates)
    sealer = Sealer(settings.master_key_file)
    rulebook = rulebook_of(book, settings.strategy_file, texts.infos())
    zone = ZoneInfo(settings.business_zone)
    desk = Desk(HEARS, book.packs, load_strategy(settings.strategy_file), texts.infos(), zone, rulebook.name)
    known = dict(peers) if peers is not None else street(settings)
    gateways = build_gateways(settings)
    house = build_house(settings, desk, known, gateways)
    composer = Composer(sealer, texts, {"lender": settings.lender})

    async def open_books() -> None:
        async with house.database.begin() as connection:
            await check_master_key(connection, sealer)
            now = await house.clock.read(connection)
            await load_china(connection, now.date())
        check_texts(texts, book.packs, desk.strategy, now)

    routers = (
        checks_door(house, desk, book),
        profiles_door(house, sealer),
        onboarding_door(house, sealer),
        holds_door(house),
        contacts_door(house),
        approvals_door(house),
        budgets_door(house, desk.zone),
        webhooks_door(house, Signatures(settings.webhook_secrets), Inbound(house, sealer)),
        replies_door(house, sealer),
        killswitch_door(house),
    )
    return build_app(
        house,
        settings,
        Assembly(
            routers=routers,
            peers=known,
            loops=[Sender(house, gateways, composer)],
            sending=count_open,
            prepare=open_books,
            rulebook=rulebook,
        ),
    )


def verification_of(settings: Settings, peers: Mapping[str, Peer] | None = None) -> Verification[Borrower]:
    """How contact's history is taken again, under the rules that it has kept. Raises: BadRules."""
    packs, strategy = load_packs(settings.packs).packs, load_strategy(settings.strategy_file)
    known = dict(peers) if peers is not None else street(settings)
    house = build_house(settings, Desk(HEARS, packs, strategy, {}, ZoneInfo(settings.business_zone)), known, {})
    return Verification(house, known, by_name(ANSWERS), rules_of)


def street(settings: Settings) -> dict[str, Peer]:
    """The houses that contact hears. Raises: KeyError when the settings do not say where one of them is."""
    return {name: Peer(name, settings.peers[name], settings.service_token_file) for name in HEARS}


def main() -> None:
    """Run contact until told to stop; told to `verify`, compare its state with its history instead."""
    settings = Settings()  # type: ignore[call-arg]  # read from the environment
    if VERIFY in sys.argv[1:]:
        sys.exit(run_verification(verification_of(settings)))
    serve(build(settings), settings, Path(__file__).parent.name)


if __name__ == "__main__":
    main()
