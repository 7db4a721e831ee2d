"""The environment that every house reads, typed; secrets come by file or by variable, never by argument."""

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.auth import ISSUERS


class Settings(BaseSettings):
    """`FORBEAR_…` variables; a house adds its own in its `settings.py`."""

    model_config = SettingsConfigDict(env_prefix="FORBEAR_", extra="ignore")

    database_url: str = Field(description="postgresql+asyncpg://… of this house's own database and role")
    kafka_bootstrap: str = Field(default="", description="host:port of the brokers; empty: the way without a broker")
    topic_suffix: str = Field(default="", description="behind every topic's name, where several streets share brokers")
    clock: Literal["system", "simulated"] = "system"
    host: str = "127.0.0.1"
    port: int = 8000
    peers: dict[str, str] = Field(default_factory=dict, description="JSON: house -> base URL of its API")
    jwks_file: Path = Field(description="public keys that tokens are checked with (RFC 7517)")
    issuers: tuple[str, ...] = Field(
        default=ISSUERS, min_length=1, description="JSON list: whose tokens are accepted (`iss`, RFC 7519)"
    )
    token_hours_max: float = Field(
        default=24.0, gt=0, description="a token that lives longer (`exp` - `iat`) is refused"
    )
    docs: Literal["closed", "open"] = Field(
        default="closed", description="`/docs` and `/openapi.json`: for tokens with `docs:read`, or for everybody"
    )
    calls_per_second: float = Field(default=200.0, ge=0, description="by one caller to one process; 0: no limit")
    calls_at_once: int = Field(default=1000, ge=1, description="as many may come at once after a pause")
    street_calls_per_second: float = Field(default=2000.0, ge=0, description="the same for `street:read`; 0: no limit")
    street_calls_at_once: int = Field(default=4000, ge=1, description="the same for `street:read`")
    service_token_file: Path | None = Field(default=None, description="the token this house shows to the others")
    session_seconds: float = Field(default=10.0, gt=0, description="Kafka session timeout")
    jurisdiction: str = Field(description="where a loan belongs that does not say")
    business_zone: str = Field(default="Asia/Shanghai", description="whose calendar dates the business days follow")

    @field_validator("business_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        ZoneInfo(name)
        return name
