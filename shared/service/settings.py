"""The environment that every house reads, typed; secrets come by file or by variable, never by argument."""

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    service_token_file: Path | None = Field(default=None, description="the token this house shows to the others")
    session_seconds: float = Field(default=10.0, gt=0, description="Kafka session timeout")
    jurisdiction: str = Field(description="where a loan belongs that does not say")
    business_zone: str = Field(default="Asia/Shanghai", description="whose calendar dates the business days follow")

    @field_validator("business_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        ZoneInfo(name)
        return name
