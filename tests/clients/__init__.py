"""Real coding agents, offline: what they have read shows in what they ask a stand-in for their models."""
