"""Plain values that cost little to declare: the standard library's dataclasses and enumerations, without the price.

`dataclasses` writes and compiles up to nine functions for each class at import, and loads `inspect` to do so; a command
would pay for two hundred classes and use forty, most of them once. Here all classes share their functions, and an
`__init__` is compiled only for a class of many instances. An enumeration takes a fifth of what the standard library's
takes. To a type checker these *are* the standard library's names; what they do is theirs, too, as far as volon uses it
(`tests/unit/test_plain.py` compares the two), and the standard library's own `fields`, `replace` and `asdict` work on
these classes.

Source: performance (rows 3 and 4).
"""

from __future__ import annotations

from _operator import attrgetter, itemgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
    from enum import IntEnum, StrEnum
    from typing import Any, NamedTuple

__all__ = ["IntEnum", "NamedTuple", "StrEnum", "asdict", "dataclass", "field", "fields", "is_dataclass", "replace"]

_MISSING: Any = object()
_NOT_KEPT = ("__dict__", "__weakref__")
_NOTHING_SAID: Any = ((), {}, False)
_FEW = 40
"""Compiling an `__init__` takes as long as filling so many instances without."""
_set = object.__setattr__


class _Field:
    """One field: its name, its type as written, and what was said of it."""

    __slots__ = ("compare", "default", "default_factory", "name", "repr", "type")

    def __init__(
        self, *, default: Any = _MISSING, default_factory: Any = _MISSING, compare: bool = True, repr: bool = True
    ) -> None:
        self.name = self.type = ""
        self.default, self.default_factory, self.compare, self.repr = default, default_factory, compare, repr


def _dataclass(
    *, frozen: bool = False, slots: bool = False, kw_only: bool = False, order: bool = False
) -> Callable[[type], type]:
    """Return what makes a class a dataclass."""

    def made(cls: type) -> type:
        own = [name for name, hint in cls.__dict__.get("__annotations__", {}).items() if hint[:8] != "ClassVar"]
        kept = dict(cls.__dict__)
        for name in _NOT_KEPT:
            kept.pop(name, None)
        if kept.get("__hash__", _MISSING) is None:
            del kept["__hash__"]  # Python's own, for want of one beside an __eq__.
        said = {name: kept.pop(name) for name in own if name in kept}
        if slots:
            inherited = getattr(cls, "_plain_fields", ())
            kept["__slots__"] = tuple([name for name in own if name not in inherited] if inherited else own)
        else:
            kept |= {name: value for name, value in said.items() if not isinstance(value, _Field)}
        space = {**_SHARED, **(_FROZEN if frozen else {}), **(_ORDERED if order else {}), **kept}
        space["_plain_said"] = own, said, kw_only
        space["_plain_frozen"] = frozen
        return type(cls)(cls.__name__, cls.__bases__, space)

    return made


class _Late:
    """A fact of a dataclass, found when it is first asked for: most classes that are loaded are not used."""

    __slots__ = ("_find", "_name")

    def __init__(self, name: str, find: Callable[[Any], Any]) -> None:
        self._name, self._find = name, find

    def __get__(self, _instance: object, owner: Any) -> Any:
        cls = next(one for one in owner.__mro__ if one.__dict__.get(self._name) is self)
        setattr(cls, self._name, self._find(cls))
        return getattr(owner, self._name)


def _fields_of(cls: Any) -> dict[str, _Field]:
    """Every field by its name, those of the class it is derived from first."""
    own, said, _ = cls._plain_said
    found = dict(getattr(cls.__base__, "_plain_fields", {}))
    for name in own:
        value = said.get(name, _MISSING)
        found[name] = one = value if isinstance(value, _Field) else _Field(default=value)
        one.name, one.type = name, cls.__annotations__[name]
    return found


def _keywords_of(cls: Any) -> frozenset[str]:
    """The names of the fields that are only taken by name."""
    own, _, kw_only = cls._plain_said
    return getattr(cls.__base__, "_plain_keywords", frozenset()) | frozenset(own if kw_only else ())


def _positional_of(cls: Any) -> tuple[str, ...]:
    """The names of the fields in the order in which their values are taken without a name."""
    return tuple(name for name in cls._plain_fields if name not in cls._plain_keywords)


def _fields(value: Any) -> tuple[_Field, ...]:
    """Return the fields of a dataclass, or of an instance of one, in their order."""
    return tuple(value._plain_fields.values())


def _is_dataclass(value: Any) -> bool:
    """Whether it is a dataclass, or an instance of one."""
    return hasattr(value, "_plain_fields")


def _replace(value: Any, /, **changes: Any) -> Any:
    """Return a copy of an instance, with other values in some fields."""
    kept = {name: getattr(value, name) for name in value._plain_way.names if name not in changes}
    return type(value)(**kept | changes)


def _asdict(value: Any) -> Any:
    """Return an instance as a dictionary, and so all instances it holds."""
    if _is_dataclass(value):
        return {name: _asdict(getattr(value, name)) for name in value._plain_fields}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_asdict, value))
    if isinstance(value, dict):
        return {name: _asdict(item) for name, item in value.items()}
    return value


class _Way:
    """How the first instances of a class are filled: told from what its declaration says, and no more of it."""

    __slots__ = ("checked", "defaults", "factories", "made", "names", "positional")

    def __init__(self, cls: Any) -> None:
        self.made = 0
        said: dict[str, Any] = {}
        keywords: set[str] = set()
        for one in reversed(cls.__mro__):
            own, values, kw_only = one.__dict__.get("_plain_said", _NOTHING_SAID)
            said |= dict.fromkeys(own, _MISSING) | values
            keywords |= set(own if kw_only else ())
        self.names = said.keys()
        self.positional = [name for name in said if name not in keywords] if keywords else list(said)
        fields = {name: value for name, value in said.items() if isinstance(value, _Field)}
        given = said | {name: one.default for name, one in fields.items()}
        self.defaults = {name: value for name, value in given.items() if value is not _MISSING}
        new = [(name, one.default_factory) for name, one in fields.items()]
        self.factories = [(name, made) for name, made in new if made is not _MISSING]
        self.checked = hasattr(cls, "__post_init__")


def _first_init(self: Any, *args: Any, **kwargs: Any) -> None:
    """Fill one of the first instances; a class of many, and a call that is wrong, get the compiled `__init__`."""
    way = type(self)._plain_way
    way.made += 1
    said = dict(zip(way.positional, args)) | kwargs  # noqa: B905  to say `strict` takes as long as the rest of the line
    values = way.defaults | said
    for name, new in way.factories:
        if name not in values:
            values[name] = new()
    if way.made > _FEW or len(said) < len(args) + len(kwargs) or values.keys() != way.names:
        return _init_compiled(self, args, kwargs)
    for name, value in values.items():
        _set(self, name, value)
    if way.checked:
        self.__post_init__()
    return None


def _init_compiled(self: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    _compile_init(type(self))
    self.__init__(*args, **kwargs)


def _compile_init(cls: Any) -> None:
    owner = next((one for one in cls.__mro__ if one.__dict__.get("__init__") is _first_init), None)
    if owner is not None:
        owner.__init__ = _init_of(owner)


def _init_of(cls: Any) -> Any:
    names: dict[str, Any] = {"_set": _set, "_MISSING": _MISSING}
    positional, keywords, body = ["self"], ["*"], []
    for name, one in cls._plain_fields.items():
        value, parameter = name, name
        if one.default_factory is not _MISSING:
            names[f"_new_{name}"] = one.default_factory
            parameter, value = f"{name}=_MISSING", f"_new_{name}() if {name} is _MISSING else {name}"
        elif one.default is not _MISSING:
            names[f"_default_{name}"] = one.default
            parameter = f"{name}=_default_{name}"
        (keywords if name in cls._plain_keywords else positional).append(parameter)
        if not cls._plain_frozen:
            body.append(f"self.{name} = {value}")
        elif hasattr(cls, name) and hasattr(getattr(cls, name), "__set__"):
            names[f"_set_{name}"] = getattr(cls, name).__set__  # A slot's own way takes a third less than by its name.
            body.append(f"_set_{name}(self, {value})")
        else:
            body.append(f"_set(self, {name!r}, {value})")
    body += ["self.__post_init__()"] if hasattr(cls, "__post_init__") else []
    parameters = ", ".join(positional + (keywords if len(keywords) > 1 else []))
    exec("\n ".join([f"def __init__({parameters}):", *body, "pass"]), names)  # noqa: S102  names from our own classes
    return names["__init__"]


def _getter(cls: Any) -> Any:
    """Return what gives a value to compare an instance by."""
    names = [name for name, one in cls._plain_fields.items() if one.compare]
    return staticmethod(attrgetter(*names) if names else lambda _self: ())


def _repr(self: Any) -> str:
    shown = (f"{name}={getattr(self, name)!r}" for name, one in self._plain_fields.items() if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _eq(self: Any, other: Any) -> Any:
    return self._plain_values(self) == other._plain_values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(self._plain_values(self))


def _lt(self: Any, other: Any) -> Any:
    return self._plain_values(self) < other._plain_values(other) if type(other) is type(self) else NotImplemented


def _le(self: Any, other: Any) -> Any:
    return self._plain_values(self) <= other._plain_values(other) if type(other) is type(self) else NotImplemented


def _refuse(_self: Any, name: str, *_value: object) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self._plain_fields]


def _setstate(self: Any, state: list[Any]) -> None:
    for name, value in zip(self._plain_fields, state, strict=True):
        _set(self, name, value)


class _StandardFields:
    """What the standard library's functions read; made when one of them asks."""

    def __get__(self, _instance: object, owner: Any) -> Any:
        from dataclasses import field, make_dataclass

        rows = []
        for one in owner._plain_fields.values():
            said = {"default": one.default, "default_factory": one.default_factory}
            given = {name: value for name, value in said.items() if value is not _MISSING}
            rows.append((one.name, one.type, field(compare=one.compare, repr=one.repr, kw_only=True, **given)))
        made: Any = make_dataclass(owner.__name__, rows)
        return made.__dataclass_fields__


class _Signature:
    """Puts the true `__init__` in its place before `inspect` reads it."""

    def __get__(self, _instance: object, owner: Any) -> None:
        _compile_init(owner)


class _NamedTuple(type):
    """Makes a tuple with names of what is declared like one."""

    def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> Any:
        if not bases:
            return super().__new__(cls, name, bases, space)
        names = tuple(space["__annotations__"])
        defaults = tuple([space.pop(name) for name in names if name in space])
        taken = ", ".join(names)
        new: Any = eval(f"lambda _cls, {taken}: _new(_cls, ({taken},))", {"_new": tuple.__new__})  # noqa: S307  our names
        new.__name__, new.__defaults__ = "__new__", defaults
        values = {one: property(itemgetter(place)) for place, one in enumerate(names)}
        shared = {"__slots__": (), "__match_args__": names, "_fields": names, "__new__": new, **_OF_TUPLES}
        return type(name, (tuple,), shared | values | space)


def _tuple_repr(self: Any) -> str:
    return f"{type(self).__name__}({', '.join(map('{}={!r}'.format, self._fields, self))})"


def _tuple_replace(self: Any, /, **changes: Any) -> Any:
    """Return a copy with other values in some fields."""
    return type(self)(**dict(zip(self._fields, self, strict=True)) | changes)


def _tuple_values(self: Any) -> tuple[Any, ...]:
    return tuple(self)


def _tuple_make(cls: Any, values: Iterable[Any]) -> Any:
    """Make one of its values."""
    return cls(*values)


class _Enumeration(type):
    """Makes members of the values in a class of texts or numbers; called with a value, it gives its member."""

    _members: dict[Any, Any]

    def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> Any:
        made: Any = super().__new__(cls, name, bases, space)
        made._members = {}
        for key, value in space.items():
            if key[0] != "_" and type(value) in {int, str}:
                if value not in made._members:
                    member: Any = type(value).__new__(made, value)
                    member.name, member.value = key, value
                    made._members[value] = member
                setattr(made, key, made._members[value])
        return made

    def __call__(cls, value: Any) -> Any:
        try:
            return cls._members[value]
        except (KeyError, TypeError):
            raise ValueError(f"{value!r} is not a valid {cls.__name__}") from None

    def __iter__(cls) -> Iterator[Any]:
        return iter(cls._members.values())

    def __len__(cls) -> int:
        return len(cls._members)

    def __contains__(cls, value: object) -> bool:
        return value in cls._members


def _repr_of_member(self: Any) -> str:
    return f"<{type(self).__name__}.{self.name}: {self.value!r}>"


def _reduced(self: Any, _protocol: object) -> tuple[Any, tuple[Any]]:
    return type(self), (self.value,)


_SHARED = {
    "_plain_fields": _Late("_plain_fields", _fields_of),
    "_plain_keywords": _Late("_plain_keywords", _keywords_of),
    "_plain_values": _Late("_plain_values", _getter),
    "_plain_way": _Late("_plain_way", _Way),
    "__match_args__": _Late("__match_args__", _positional_of),
    "__init__": _first_init,
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": None,
    "__dataclass_fields__": _StandardFields(),
    "__signature__": _Signature(),
}
_FROZEN = {
    "__hash__": _hash,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__getstate__": _getstate,
    "__setstate__": _setstate,
}
_ORDERED = {"__lt__": _lt, "__le__": _le}
_OF_TUPLES = {
    "__getnewargs__": _tuple_values,
    "__repr__": _tuple_repr,
    "_make": classmethod(_tuple_make),
    "_replace": _tuple_replace,
}

if not TYPE_CHECKING:

    class NamedTuple(metaclass=_NamedTuple):
        """What to derive a tuple with names from."""

    class StrEnum(str, metaclass=_Enumeration):  # noqa: SLOT000  members hold their name and value
        """What to derive an enumeration of texts from."""

        __repr__, __reduce_ex__ = _repr_of_member, _reduced

    class IntEnum(int, metaclass=_Enumeration):
        """What to derive an enumeration of numbers from."""

        __repr__, __reduce_ex__, __str__ = _repr_of_member, _reduced, int.__repr__

    asdict, dataclass, field, fields = _asdict, _dataclass, _Field, _fields
    is_dataclass, replace = _is_dataclass, _replace
