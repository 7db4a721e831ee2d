"""Changes of ingest's schema, in order."""
