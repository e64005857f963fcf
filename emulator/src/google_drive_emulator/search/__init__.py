"""Listings: a corpus and a query in, pages of items out."""
