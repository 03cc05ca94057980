"""What is known of coding agents, in dated tables: how their programs are started, and where they read what they know.

They change from day to day, so that nothing of this stands anywhere else, but for what is said to a status line: that
is read by `model.quick`, for a command that may load next to nothing.

Source: agents.md; contract §4 (`agents`), §6 (conduct).
"""

from __future__ import annotations

AS_OF = "2026-11-22"
"""When the tables were last held against the agents themselves, or against what documents them."""
