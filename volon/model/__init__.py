"""What volon knows: records and rules, pure values without input, output or a clock."""
