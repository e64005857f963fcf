"""Folders and shared drives of a connection's account, as people choose among them."""
