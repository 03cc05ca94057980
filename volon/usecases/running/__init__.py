"""The user's programs: approved, run, and recorded."""
