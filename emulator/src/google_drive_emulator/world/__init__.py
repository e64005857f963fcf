"""The emulated world: accounts, what their drives hold, and the logs of what changed."""
