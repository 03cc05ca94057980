"""What other tools wrote down of paused work, read: each format a module, one kind of result.

Nothing is guessed: what a source does not say is left out.
"""
