"""What is wrong between volon and coding agents: looked for, and mended where volon wrote it."""
