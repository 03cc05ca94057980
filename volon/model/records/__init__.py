"""The records: what each holds, how it is read, checked, upgraded and written."""
