"""The catalogue of what is published, generated from the code: events, examples, schemas, doors and their scopes."""
