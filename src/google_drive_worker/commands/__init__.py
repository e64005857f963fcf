"""The commands, one a module, each a thin shell around what does the work.

In: arguments and the environment. Out: text for people and an exit code (`shell`).
"""
