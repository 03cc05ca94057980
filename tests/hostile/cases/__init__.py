"""The corpus, by family. Each module builds its cases with words of `tests.hostile.ground`; `catalogue` has them all."""
