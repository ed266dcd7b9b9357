"""Isolation trees as plain arrays, and how deep a row falls in them: the same to the bit as scikit-learn's own.

A tree is five lists, one entry a node, the root first and every child after its parent: the column it asks, the
threshold, the children to the left (value ≤ threshold) and right (-1: a leaf), and what a leaf counts as depth. That
depth is computed once, by scikit-learn when the forest has grown, and kept: no rounding hangs on where it is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fundwatch.errors import ExitCode, FundwatchError

MOST_TREES = 2_000  # as many as the setting `forest_trees` allows
MOST_NODES = 1_023  # a tree over 256 rows has at most 511 nodes
_MOST_DEPTH = 1_000.0
_MOST_INDEX = 1_000_000
_LEAF = -1
_COUNTS, _NUMBERS = ("column", "left", "right"), ("threshold", "depth")


class ModelDataError(FundwatchError):
    """A model's data are not what a model of this release is made of."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True, eq=False)
class Tree:
    """One isolation tree; see the module."""

    column: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    depth: NDArray[np.float64]

    def depths(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """How deep each row falls."""
        at = np.zeros(len(rows), dtype=np.int64)
        falling = np.arange(len(rows)) if self.left[0] != _LEAF else np.zeros(0, dtype=np.int64)
        flat, width = rows.ravel(), rows.shape[1]
        while falling.size:
            node = at[falling]
            goes_left = flat[falling * width + self.column[node]] <= self.threshold[node]
            node = np.where(goes_left, self.left[node], self.right[node])
            at[falling] = node
            falling = falling[self.left[node] != _LEAF]
        found: NDArray[np.float64] = self.depth[at]
        return found


@dataclass(frozen=True, eq=False)
class Forest:
    """Isolation trees, and the mean depth of a row in a tree of its size: what depths are measured by."""

    trees: tuple[Tree, ...]
    usual_depth: float

    def isolation(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        """One number per row, 0 to 1: higher is cut off from the rest in fewer cuts."""
        rows = columns.astype(np.float32)  # what scikit-learn compares with its thresholds
        depths = np.zeros(len(rows))
        for tree in self.trees:
            depths += tree.depths(rows)
        isolation: NDArray[np.float64] = 2 ** -(depths / (len(self.trees) * self.usual_depth))
        return isolation

    def data(self) -> dict[str, Any]:
        """The forest as plain lists and numbers."""
        trees = [{name: getattr(tree, name).tolist() for name in (*_COUNTS, *_NUMBERS)} for tree in self.trees]
        return {"trees": trees, "usual_depth": self.usual_depth}


def of_scikit_learn(forest: Any) -> Forest:
    """The arrays of a fitted `sklearn.ensemble.IsolationForest` whose trees read all columns."""
    depths = zip(forest._decision_path_lengths, forest._average_path_length_per_tree, strict=True)
    trees = [_grown(one.tree_, path + more - 1.0) for one, (path, more) in zip(forest.estimators_, depths, strict=True)]
    size = float(forest._max_samples)
    usual = 2.0 * (np.log(size - 1.0) + np.euler_gamma) - 2.0 * (size - 1.0) / size
    return Forest(tuple(trees), float(usual))


def _grown(tree: Any, depth: NDArray[np.float64]) -> Tree:
    is_leaf = tree.children_left == _LEAF
    return Tree(
        column=np.where(is_leaf, _LEAF, tree.feature).astype(np.int64),
        threshold=np.where(is_leaf, 0.0, tree.threshold),
        left=tree.children_left.astype(np.int64),
        right=tree.children_right.astype(np.int64),
        depth=np.where(is_leaf, depth, 0.0),
    )


def of_data(data: Any, column_count: int) -> Forest:
    """The forest in plain data from anywhere. Raises ModelDataError unless each tree is one and reads known columns."""
    if not isinstance(data, Mapping) or data.keys() != {"trees", "usual_depth"}:
        raise ModelDataError("a forest is not `trees` and `usual_depth`")
    trees, usual = data["trees"], data["usual_depth"]
    if type(usual) is not float or not 0.0 < usual < _MOST_DEPTH:
        raise ModelDataError("the usual depth of a forest is no number above 0")
    if not isinstance(trees, Sequence) or not 1 <= len(trees) <= MOST_TREES:
        raise ModelDataError(f"a forest has 1 to {MOST_TREES:,} trees")
    return Forest(tuple(_tree(one, place, column_count) for place, one in enumerate(trees)), usual)


def _tree(data: Any, place: int, column_count: int) -> Tree:
    def refuse(why: str) -> ModelDataError:
        return ModelDataError(f"tree {place} of the forest {why}")

    if not isinstance(data, Mapping) or data.keys() != {*_COUNTS, *_NUMBERS}:
        raise refuse(f"is not {', '.join((*_COUNTS, *_NUMBERS))}")
    lengths = {len(data[name]) if isinstance(data[name], list) else 0 for name in data}
    if len(lengths) != 1 or not 1 <= max(lengths) <= MOST_NODES:
        raise refuse(f"does not have 1 to {MOST_NODES:,} nodes with five values each")
    if any(type(n) is not int or not _LEAF <= n <= _MOST_INDEX for name in _COUNTS for n in data[name]):
        raise refuse("has a column or child that is no count")
    if any(type(n) is not float or not np.isfinite(n) for name in _NUMBERS for n in data[name]):
        raise refuse("has a threshold or depth that is no finite number")
    column, left, right = (np.array(data[name], dtype=np.int64) for name in _COUNTS)
    threshold, depth = (np.array(data[name], dtype=np.float64) for name in _NUMBERS)
    tree = Tree(column, threshold, left, right, depth)
    if why := _shape_problem(tree, column_count):
        raise refuse(why)
    return tree


def _shape_problem(tree: Tree, column_count: int) -> str:
    """Why the arrays are no tree; nothing, and it is an empty text. A child after its parent rules out circles."""
    inner = np.flatnonzero(tree.left != _LEAF)
    if not np.array_equal(inner, np.flatnonzero(tree.right != _LEAF)):
        return "has a node with one child"
    children = np.concatenate([tree.left[inner], tree.right[inner]])
    if (children <= np.concatenate([inner, inner])).any():
        return "has a child before its parent"
    if not np.array_equal(np.sort(children), np.arange(1, len(tree.left))):
        return "has a node that hangs on none or on two"
    if not ((tree.column[inner] >= 0) & (tree.column[inner] < column_count)).all():
        return "asks a column that the model does not read"
    if not ((tree.depth >= 0.0) & (tree.depth < _MOST_DEPTH)).all():
        return "has a depth out of bounds"
    return ""
