"""`volon validate`: rules, claims, the index, and the formats for CI."""
