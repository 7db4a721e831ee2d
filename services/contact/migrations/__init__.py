"""Changes of contact's schema, in order."""
