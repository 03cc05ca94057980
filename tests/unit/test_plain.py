"""`volon.plain` does what the standard library's dataclasses and enumerations do, next to nothing of it at import."""

from __future__ import annotations

import copy
import dataclasses
import enum
import inspect
import json
import pickle
from typing import Any, ClassVar, NamedTuple

import pytest

from volon import plain

SOURCE = '''
@dataclass(frozen=True, slots=True)
class Point:
    """A value."""

    x: int
    y: int = 2
    KIND: ClassVar[str] = "point"

    @property
    def both(self):
        return self.x + self.y


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    name: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Base):
    size: int
    name: str = "derived"
    rows: list[Point] = field(default_factory=list)


@dataclass(slots=True)
class Mutable:
    a: int
    hidden: str = field(default="h", compare=False, repr=False)


@dataclass(frozen=True, slots=True, order=True)
class Ordered:
    first: int
    second: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    n: int

    def __post_init__(self):
        if self.n < 0:
            raise ValueError("negative")

    def __eq__(self, other):
        return True


@dataclass()
class Open:
    n: int = 1
    more: dict[str, int] = field(default_factory=dict)
'''


class Made:
    """The same classes, made by one of the two."""

    def __init__(self, module: Any) -> None:  # noqa: ANN401  two modules with the same names
        space = {"dataclass": module.dataclass, "field": module.field, "ClassVar": ClassVar, "__name__": __name__}
        exec(compile(f"from __future__ import annotations\n{SOURCE}", "classes", "exec"), space)  # noqa: S102
        self.__dict__.update(space)


THEIRS, OURS = Made(dataclasses), Made(plain)
CALLS = [
    "Point(1)",
    "Point(1, 3)",
    "Point(y=5, x=1)",
    "Point()",
    "Point(1, 2, 3)",
    "Point(1, z=1)",
    "Base()",
    "Base('n')",
    "Derived(size=1)",
    "Derived()",
    "Derived(size=1, name='n', rows=[Point(1)], tags=('a',))",
    "Mutable(1)",
    "Mutable(1, 'x')",
    "Ordered(1, 'b')",
    "Checked(1)",
    "Checked(-1)",
    "Open()",
    "Open(2, {'a': 1})",
]
LOOKS = [
    "repr(v)",
    "v == v",
    "v == 1",
    "v != 1",
    "hash(v) == hash(v)",
    "v < v",
    "v <= v",
    "v > v",
    "v.__match_args__",
    "type(v).__slots__",
    "type(v).__name__",
    "type(v).__qualname__",
    "hasattr(v, '__dict__')",
    "type(v).__doc__ == 'A value.'",
    "copy.copy(v) == v",
    "copy.deepcopy(v) == v",
    "setattr(v, 'x', 3)",
    "setattr(v, 'n', 3)",
    "delattr(v, 'x')",
    "v.both",
    "v.KIND",
    "[one.name for one in fields(v)]",
    "[one.type for one in fields(type(v))]",
    "[one.name for one in dataclasses.fields(v)]",
    "replace(v, y=9)",
    "replace(v, size=9)",
    "dataclasses.replace(v)",
    "asdict(v)",
    "dataclasses.asdict(v)",
    "is_dataclass(v), is_dataclass(type(v)), is_dataclass(1), dataclasses.is_dataclass(v)",
    "list(inspect.signature(type(v)).parameters)",
    "[str(one.kind) for one in inspect.signature(type(v)).parameters.values()]",
]


def outcome(made: Made, module: Any, call: str, look: str = "repr(v)") -> tuple[str, str]:  # noqa: ANN401
    """What an expression about an instance gives, or the kind of its failure."""
    space = vars(made) | {name: getattr(module, name) for name in ("fields", "replace", "asdict", "is_dataclass")}
    space |= {"copy": copy, "dataclasses": dataclasses, "inspect": inspect}
    try:
        space["v"] = eval(call, space)  # noqa: S307  expressions of this file
        return "gives", str(eval(look, space))  # noqa: S307
    except Exception as error:  # noqa: BLE001  the kind of failure is compared
        # In a class with slots the standard library trips over itself when it refuses an unknown attribute.
        return "fails", "" if "attr(v" in look else type(error).__name__


@pytest.mark.parametrize("call", CALLS)
def test_an_instance_is_made_and_behaves_like_one_of_the_standard_library(call: str) -> None:
    # The first instances are filled without compiled code, later ones with it.
    for _ in range(2):
        for look in LOOKS:
            assert outcome(OURS, plain, call, look) == outcome(THEIRS, dataclasses, call, look), look


def test_instances_go_through_pickle_and_change_only_where_they_may() -> None:
    from volon.files import Place, Root  # noqa: PLC0415

    place = Place(Root.GIT, "volon/lock")
    again = pickle.loads(pickle.dumps(place))  # noqa: S301  our own bytes
    assert again == place
    assert again.root is Root.GIT
    with pytest.raises(dataclasses.FrozenInstanceError):
        place.path = "x"  # type: ignore[misc]


@pytest.mark.parametrize("base", [NamedTuple, plain.NamedTuple], ids=["typing", "plain"])
def test_a_tuple_with_names_is_like_typings(base: Any) -> None:  # noqa: ANN401  either of the two
    class Pair(base):  # type: ignore[misc]
        """Two."""

        left: int
        right: str = "r"

        @property
        def text(self) -> str:
            return f"{self.left}{self.right}"

    made: Any = Pair
    one = made(1)
    assert one == (1, "r")
    assert (one.text, one.left, made._fields, made.__match_args__, made.__doc__) == (
        *("1r", 1, ("left", "right"), ("left", "right"), "Two."),
    )
    assert (repr(made(2, right="x")), one._replace(right="s"), made._make([3, "t"])) == (
        *("Pair(left=2, right='x')", (1, "s"), (3, "t")),
    )
    assert (type(one._replace(left=2)), hasattr(one, "__dict__"), hash(one)) == (made, False, hash((1, "r")))
    assert (copy.copy(one), copy.deepcopy(one)) == (one, one)
    for wrong in (made, lambda: made(1, "r", 2), lambda: made(1, middle=2)):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(AttributeError):
        one.left = 2


ENUMERATIONS = '''
class Fate(StrEnum):
    """What became of it."""

    SAME = "same"
    LOST = "lost"
    GONE = "lost"
    NONE = ""

    @property
    def good(self):
        return self is type(self).SAME


class Code(IntEnum):
    DONE = 0
    FAILED = 1
'''
OF_A_MEMBER = [
    "list(Fate)",
    "list(Code)",
    "len(Fate)",
    "Fate.SAME in Fate",
    "Fate('lost') is Fate.LOST",
    "Fate.GONE is Fate.LOST",
    "Fate('no')",
    "Fate([])",
    "Code(7)",
    "Fate.NO",
    "Code(1) is Code.FAILED",
    "Fate.SAME == 'same', Code.FAILED == 1",
    "Fate.GONE.name",
    "Fate.NONE.value",
    "Code.FAILED.name, Code.FAILED.value",
    "type(Fate.SAME.value), type(Code.DONE.value)",
    "repr(Fate.SAME)",
    "str(Fate.SAME)",
    "f'{Fate.SAME}|{Fate.SAME:>9}'",
    "repr(Code.DONE)",
    "str(Code.FAILED)",
    "f'{Code.DONE}'",
    "{Fate.SAME: 1}['same']",
    "{1: 2}[Code.FAILED]",
    "bool(Fate.NONE), bool(Code.DONE)",
    "json.dumps([Fate.SAME, Code.FAILED])",
    "Fate.SAME.good, Fate.LOST.good",
    "Fate.__doc__",
    "isinstance(Fate.SAME, Fate)",
    "isinstance(Code.DONE, int)",
    "copy.copy(Fate.SAME) is Fate.SAME",
    "copy.deepcopy(Code.DONE) is Code.DONE",
    "sorted(Fate)",
    "type(str(Fate.SAME))",
]


@pytest.mark.parametrize("look", OF_A_MEMBER)
def test_an_enumeration_is_like_one_of_the_standard_library(look: str) -> None:
    said = []
    for module in (plain, enum):
        space: dict[str, Any] = {"StrEnum": module.StrEnum, "IntEnum": module.IntEnum, "copy": copy, "json": json}
        exec(ENUMERATIONS, space)  # noqa: S102
        try:
            said.append(("gives", str(eval(look, space))))  # noqa: S307  expressions of this file
        except Exception as error:  # noqa: BLE001  the kind of failure is compared
            said.append(("fails", type(error).__name__))
    assert said[0] == said[1]
