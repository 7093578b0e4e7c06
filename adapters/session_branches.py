"""A session that is still being read: groups and lists that grow along paths such as `channels/1/states/2`.

For encodings that give each value with its path; what has grown becomes the located tree that the shared reading
takes. Must not know the model's fields.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from adapters.session_tree import Cell, Group, Node, Series, refusal, safe_name


@dataclass(slots=True)
class Branch:
    """A group that is still being read."""

    where: str
    fields: dict[str, Growing] = field(default_factory=dict)

    def grown(self) -> Group:
        """The group as the shared reading takes it."""
        return Group({name: _grown(node, self.where) for name, node in self.fields.items()}, self.where)

    def walk(self, parts: list[str], where: str) -> Branch:
        """The branch at the end of a path, made where it is not there; raises ExportError where it cannot be."""
        branch = self
        while parts:
            name, *parts = parts
            numbered = bool(parts) and parts[0].isdigit()
            node = branch.fields.setdefault(name, [] if numbered else Branch(where))
            if numbered and isinstance(node, list):
                branch, parts = _item(node, int(parts[0]), where), parts[1:]
            elif isinstance(node, Branch) and not numbered:
                branch = node
            else:
                remedy = "number the items of a list from 1, and nothing else"
                raise refusal("kind-wrong", f"{safe_name(name)} is numbered here and not there", where, remedy)
        return branch


Growing: TypeAlias = "Cell | Branch | list[Branch]"


def _grown(node: Growing, where: str) -> Node:
    if isinstance(node, Branch):
        return node.grown()
    if isinstance(node, list):
        return Series(tuple(item.grown() for item in node), node[0].where if node else where)
    return node


def _item(items: list[Branch], number: int, where: str) -> Branch:
    if number > len(items) + 1:
        raise refusal("section-order", f"item {number} comes before the one before it", where, "number them from 1")
    if number == len(items) + 1:
        items.append(Branch(where))
    return items[number - 1]
