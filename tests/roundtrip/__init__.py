"""Every byte back: random repositories are paused, wrecked and restored, and compared with an oracle of their own."""
