"""Work that other tools wrote down, taken over as paused tasks."""
