"""Push notifications: what happens in the world in, messages to the addresses of channels out (facts B)."""
