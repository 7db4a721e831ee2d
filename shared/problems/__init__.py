"""Problems: what a caller is told, as RFC 9457 documents that never repeat what was sent."""

from shared.problems.answering import install
from shared.problems.bodies import WHOLE_CODES, refusal_of_errors, refusal_of_unreadable, refused_body, stated_at
from shared.problems.document import MEDIA_TYPE, RETRY_SECONDS, STATUS_OF_CODE, problem
from shared.problems.doors import Door, check_media_type, read_body, read_json
from shared.problems.limits import BODY_BYTES_MAX

__all__ = [
    "BODY_BYTES_MAX",
    "MEDIA_TYPE",
    "RETRY_SECONDS",
    "STATUS_OF_CODE",
    "WHOLE_CODES",
    "Door",
    "check_media_type",
    "install",
    "problem",
    "read_body",
    "read_json",
    "refusal_of_errors",
    "refusal_of_unreadable",
    "refused_body",
    "stated_at",
]
