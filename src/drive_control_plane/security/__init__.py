"""What keeps secrets secret: the vault, hashes of secrets, signed tokens."""
