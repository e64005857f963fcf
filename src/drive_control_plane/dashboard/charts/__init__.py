"""Charts over time: what was changed, listed, asked of Drive's quota, refused, and how far behind it was.

In: counts by connection and minute, as the worker's events told them. Out: series in even steps, for programs as JSON
and for people as drawings, each with its numbers as text.
"""
