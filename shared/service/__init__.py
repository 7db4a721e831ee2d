"""Assembly: a house, its doors and its loops become one running FastAPI application."""

from shared.service.answers import answer_of, kept, refusal_of
from shared.service.assembly import Assembly, build_app, serve
from shared.service.settings import Settings

__all__ = ["Assembly", "Settings", "answer_of", "build_app", "kept", "refusal_of", "serve"]
