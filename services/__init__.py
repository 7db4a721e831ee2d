"""The four houses. Each owns its facts and its database, hears topics, and says things on exactly one."""
