"""Long downloads: operations that make bytes ready, and the refusals of bytes (facts A10)."""
