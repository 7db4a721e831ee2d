"""Every query of contact: the vault, attempts, switches, calendars; and the files of rules and texts it loads."""
