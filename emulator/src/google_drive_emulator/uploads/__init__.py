"""Uploads: a request's stream in, the metadata and the content that it carries out (facts A)."""
