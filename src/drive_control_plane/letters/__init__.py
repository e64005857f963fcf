"""Dead letters of a connection: what the worker could not apply, why, and sent again from a page."""
