"""All results by the names of their commands; for schemas and tests: a command loads the results it returns, not these.

Source: contract §4 (`volon schema`).
"""

from __future__ import annotations

from volon.model.results import (
    Result,
    agents,
    brief,
    checkpoints,
    checks,
    conduct,
    conducted,
    elsewhere,
    evidence,
    handoff,
    hooks,
    imports,
    operations,
    pipeline,
    protocol,
    recalled,
    restore,
    standing,
)

MODULES = (
    protocol,
    standing,
    checkpoints,
    checks,
    operations,
    restore,
    hooks,
    evidence,
    handoff,
    elsewhere,
    pipeline,
    conduct,
    brief,
    conducted,
    recalled,
    agents,
    imports,
)
"""Where results and what they hold are declared."""

RESULTS: dict[str, type[Result]] = {
    cls.SCHEMA.partition("/")[2].partition("@")[0]: cls
    for module in MODULES
    for cls in vars(module).values()
    if isinstance(cls, type) and issubclass(cls, Result) and cls is not Result
}
