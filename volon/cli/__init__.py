"""The command line: parse, call one use-case, hand its result to a renderer."""
