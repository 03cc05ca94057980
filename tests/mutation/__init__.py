"""Would the tests notice if the core were wrong? See `python -m tests.mutation`."""
