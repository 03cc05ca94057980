"""What is held against a record: the rules with their examples, and what a capsule claims."""
