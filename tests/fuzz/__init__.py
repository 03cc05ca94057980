"""H7: arbitrary bytes against everything that reads text somebody else wrote."""
