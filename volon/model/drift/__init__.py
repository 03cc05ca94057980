"""What happened since a pause: observed facts in, findings out, all of it pure."""
