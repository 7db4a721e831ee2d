"""Contact's environment."""

from pathlib import Path

from pydantic import Field

from shared.service import Settings as Base

HERE = Path(__file__).parent


class Settings(Base):
    """What every house reads, the providers there are, the key of the vault, and where the rules lie."""

    master_key_file: Path = Field(description="32 random bytes in base64, readable by this house alone")
    sandbox_url: str = Field(default="", description="base URL of the sandbox gateway; empty: there is none")
    smtp_host: str = Field(default="", description="the mail server; empty: there is none")
    smtp_port: int = Field(default=25, ge=1, le=65535)
    smtp_sender: str = Field(default="service@lender.example", pattern=r"^[^@\s]+@[^@\s]+$")
    lender: str = Field(default="Example Lender", min_length=1, max_length=100, description="who is writing")
    packs: Path = HERE / "packs"
    strategy_file: Path = HERE / "strategies" / "default.yaml"
    templates: Path = HERE / "templates"
