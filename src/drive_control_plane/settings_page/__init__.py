"""A connection's settings as a form: what is followed, how much of it, how often."""
