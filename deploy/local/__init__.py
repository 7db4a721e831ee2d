"""The whole system on one machine, without containers: database, broker, four houses, sandbox and inbox."""
