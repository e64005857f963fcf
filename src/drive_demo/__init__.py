"""The demo: the whole product on embedded parts, watched by a consumer that knows nothing but the contract.

In: how many files, or a directory. Out: a live view and a dashboard, and a verdict: do the records of each connection
equal the emulated drive? It imports worker and control plane; neither knows it.
"""
