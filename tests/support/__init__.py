"""What several tests share: the seal, repository builders, golden texts, ways to run volon."""
