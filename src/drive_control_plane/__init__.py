"""The control plane: people, connections, schedules and push channels, in front of the worker.

In: browsers, the worker's calls for access tokens, Google's notifications, the worker's events. Out: triggers and
notifications in Kafka, pages and an API. It and the worker meet on Kafka's topics and over HTTP only.
"""
