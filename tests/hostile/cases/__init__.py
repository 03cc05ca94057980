"""The corpus, by family: each module builds its cases with words of `tests.hostile.ground`."""
