"""H8: repositories built to hurt, each with canaries that must not fire, under a trace of every system call."""
