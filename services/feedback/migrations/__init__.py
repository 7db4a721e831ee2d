"""Changes of feedback's schema, in order."""
