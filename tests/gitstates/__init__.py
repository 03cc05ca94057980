"""H9: every command in every state that a git repository can be in; what is the user's stays as it was to the byte."""
