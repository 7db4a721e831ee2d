"""What ingest knows about lending: schedules, money, pauses, and what follows from them. Pure."""
