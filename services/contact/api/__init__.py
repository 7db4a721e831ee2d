"""Contact's HTTP door: checks, profiles, holds, contacts, the kill switch."""
