"""Calls signed as a provider signs them, for the tests of webhooks."""

import base64
import hmac

from shared.clock import wall

OLD, NEW, FOREIGN = (bytes([n]) * 32 for n in (1, 2, 3))


def written(secret: bytes) -> str:
    return f"whsec_{base64.b64encode(secret).decode()}"


def signature(secret: bytes, webhook_id: str, sent_at: int | str, body: bytes) -> str:
    digest = hmac.digest(secret, f"{webhook_id}.{sent_at}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def signed(body: bytes, webhook_id: str = "W1", *, secret: bytes = OLD, ago: int = 0) -> dict[str, str]:
    sent_at = int(wall().timestamp()) - ago
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": signature(secret, webhook_id, sent_at, body),
    }
