"""Time travel: the files as they were at a checkpoint, compared, searched and tried."""
