"""The catalogue of the published language, generated from its dataclasses: a page, examples and schemas."""
