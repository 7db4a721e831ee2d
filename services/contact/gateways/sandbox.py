"""A messaging provider over HTTP: the local sandbox, which records what it is given under our reference."""

from typing import Final

import httpx

from services.contact.gateways.gateway import Accepted, Capabilities, Outgoing, Rejected, Result, Unclear

CHANNELS: Final = frozenset(
    {"app", "im_private_account", "mail", "phone", "portal", "postcard", "push", "ringless_voicemail", "sms"}
    | {"voice_bot", "voicemail"}
)
CONNECT_SECONDS_MAX: Final = 3.0
PROVIDER_REF_CHARACTERS_MAX: Final = 128


class SandboxGateway:
    """Speaks to the sandbox; a connection of its own for each call, so that a failed connection is known as such."""

    name = "sandbox"

    def __init__(self, base_url: str, timeout_seconds: float = 10.0, rate_per_second: float = 50.0) -> None:
        self.capabilities = Capabilities(
            CHANNELS, looks_up=True, timeout_seconds=timeout_seconds, rate_per_second=rate_per_second
        )
        timeout = httpx.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS_MAX, timeout_seconds))
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.AsyncClient(base_url=base_url, timeout=timeout, limits=limits, trust_env=False)

    async def send(self, message: Outgoing) -> Result:
        """Hand one message over."""
        body = {"reference": message.reference, "to": message.to, "channel": message.channel, "body": message.body}
        try:
            request = self._client.build_request("POST", "/messages", json=body)
        except ValueError:
            return Rejected("address-invalid")  # text that no wire can carry
        try:
            return _read(await self._client.send(request))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Rejected("not-connected")
        except httpx.TimeoutException:
            return Unclear("timeout")
        except httpx.HTTPError:
            return Unclear("connection-lost")

    async def look_up(self, reference: str) -> Accepted | None:
        """The first message recorded under *reference*."""
        try:
            answer = await self._client.get("/messages", params={"reference": reference, "limit": 1})
            [first] = answer.json() if answer.status_code == 200 else []
            return Accepted(_text(first["id"]))
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return None

    async def close(self) -> None:
        """Close the client."""
        await self._client.aclose()


def _read(answer: httpx.Response) -> Result:
    """Only a plain refusal (4xx) is certain; whatever failed behind the door may have been taken first."""
    if answer.status_code in (429, 408):
        return Rejected("provider-error") if answer.status_code == 429 else Unclear("timeout")
    if 400 <= answer.status_code < 500:
        return Rejected("rejected")
    if answer.status_code != 202:
        return Unclear("unreadable-answer")
    try:
        return Accepted(_text(answer.json()["id"]))
    except (ValueError, KeyError, TypeError):
        return Unclear("unreadable-answer")


def _text(sent: object) -> str | None:
    """The provider's id, when it is one that can be kept."""
    fits = isinstance(sent, str) and 0 < len(sent) <= PROVIDER_REF_CHARACTERS_MAX and sent.isprintable()
    return str(sent) if fits else None
