"""A corpus of labelled histories: what can happen to a repository between a pause and the resume.

Each history is built with real git and has two moments, the pause and the resume. Its label is the exact set of
preflight codes, and the commits and paths behind them. `python -m tests.functional.histories` prints the table, with
what a plain `git log --oneline <paused>..HEAD` would have said beside it.
"""
