"""One seed, one recipe; and the place where recipes are tried.

A seed gives random bytes and Hypothesis draws the recipe from them, each seed by itself: that reaches more kinds of
repositories than a search does, which likes to repeat itself, and lets seeds be shared out. What fails is shrunk.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import hypothesis
from hypothesis.database import InMemoryExampleDatabase

from tests.crash.bench import seal_this_process
from tests.roundtrip.corpus import RECIPES, Recipe
from tests.roundtrip.ground import USERS_CONFIG

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ENOUGH = 8192
"""Bytes that a recipe is drawn from; none needs as many."""


def sealed(where: Path) -> Path:
    """Seal this process, with a user who has a filter; give the directory that repositories are built in."""
    seal_this_process(where / "home")
    with (where / "home" / "gitconfig").open("a") as file:
        file.write(USERS_CONFIG)
    return where / "ground"


def each(seed: int, attempt: Callable[[Recipe], list[str]], *, shrink: bool = False) -> str:
    """Let something be tried on the recipe of a seed.

    Args:
        seed: of the recipe.
        attempt: what to try; it says what was wrong.
        shrink: look for the smallest recipe with which anything is wrong.

    Returns:
        What was wrong with which recipe; empty when nothing was.
    """

    @hypothesis.settings(
        database=InMemoryExampleDatabase(),
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(hypothesis.Phase.reuse, hypothesis.Phase.shrink),
        print_blob=False,
        report_multiple_bugs=False,
    )
    @hypothesis.given(RECIPES)
    def nothing_is_wrong(recipe: Recipe) -> None:
        wrong = attempt(recipe)
        assert not wrong, "\n  ".join(["", *wrong, str(recipe)])

    try:
        draw = nothing_is_wrong.hypothesis.fuzz_one_input  # type: ignore[attr-defined]  # set by `given`
        draw(random.Random(seed).randbytes(_ENOUGH))
    except AssertionError as first:
        try:
            if shrink:
                nothing_is_wrong()
        except AssertionError as smallest:
            return str(smallest)
        return str(first)
    return ""
