"""Contact's environment."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from shared.service import Settings as Base

HERE = Path(__file__).parent


class Settings(Base):
    """What every house reads, the providers there are, the key of the vault, and where the rules lie."""

    master_key_file: Path = Field(description="32 random bytes in base64, readable by this house alone")
    sandbox_url: str = Field(default="", description="base URL of the sandbox gateway; empty: there is none")
    sandbox_per_second: float = Field(default=50, gt=0, le=100_000, description="messages a second that it takes")
    smtp_host: str = Field(default="", description="the mail server; empty: there is none")
    smtp_port: int = Field(default=25, ge=1, le=65535)
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        default="none", description="`tls` from the first byte, or `starttls`; the certificate is always checked"
    )
    smtp_username: str = Field(default="", max_length=200, description="empty: the mail server asks for no login")
    smtp_password_file: Path | None = Field(default=None, description="its password, read for every connection")
    smtp_ca_file: Path | None = Field(default=None, description="certificates (PEM) to trust, instead of the system's")
    smtp_per_second: float = Field(default=50, gt=0, le=100_000, description="mails a second that the server takes")
    smtp_sender: str = Field(default="service@lender.example", pattern=r"^[^@\s]+@[^@\s]+$")
    webhook_secrets: dict[str, Path] = Field(
        default_factory=dict, description="JSON: provider -> file with its webhook secrets, one `whsec_…` a line"
    )
    lender: str = Field(default="Example Lender", min_length=1, max_length=100, description="who is writing")
    packs: Path = HERE / "packs"
    strategy_file: Path = HERE / "strategies" / "default.yaml"
    templates: Path = HERE / "templates"

    @model_validator(mode="after")
    def _guarded_login(self) -> Self:
        if bool(self.smtp_username) != (self.smtp_password_file is not None):
            raise ValueError("a mail login is a username and a password file")
        if self.smtp_username and self.smtp_security == "none":
            raise ValueError("a mail login needs smtp_security: a password never travels in the clear")
        return self
