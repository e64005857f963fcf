"""The demo: the whole product on embedded parts, watched by a consumer that knows nothing but the contract.

In: how many files, or a directory. Out: a live view, and a verdict: do the records equal the emulated drive?
"""
