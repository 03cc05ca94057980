"""The proof that `volon validate` believes what is true and catches what is not; see `tests.claims.__main__`."""
