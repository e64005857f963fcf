"""How fast, how small, and compared with what.

In: an emulated Drive, Apache Kafka, this project's programs in processes of their own. Out: a table on the terminal
and `benchmarks/results/latest.json`. Run as `python -m benchmarks [--only NAME] [--files N] [--runs K]`; README.md says
what each figure means.
"""
