"""The tests of volon; `python -m tests` is the whole gate."""
