"""Changes of scoring's schema, in order."""
