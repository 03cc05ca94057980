"""Coming back: what changed since the pause, the brief, and taking a task up again."""
