"""Module trees: made from a plan, and looked into by place."""

from binascii import a2b_base64
from collections import OrderedDict

import numpy
import torch
from torch import nn

from observe import packed

NUMPY = {"float32": numpy.float32, "float64": numpy.float64, "int64": numpy.int64}


def decode(tensor):
    """TENSOR of a plan as a dense numpy array of its own."""
    bits = numpy.frombuffer(a2b_base64(tensor["bits"]), dtype=NUMPY[tensor["dtype"]])
    return bits.reshape(tensor["shape"]).copy()


def number(value):
    """A double of a plan: JSON has no nan and no infinities. None stays None."""
    if isinstance(value, dict):
        return float(value["double"])
    return None if value is None else float(value)


class NotMade(Exception):
    """A step needs a name that was never made."""


class Node:
    __slots__ = ("module", "place", "kind", "path")

    def __init__(self, module, place, kind, path):
        self.module, self.place, self.kind, self.path = module, place, kind, path


class Tree:
    """The modules of a name, in order of place. A module that occurs twice has two places."""

    def __init__(self, root, kinds):
        """`kinds` is [(path below the root, kind)] in order of place."""
        self.root = root
        self.kinds = kinds
        self.look_again()

    def look_again(self):
        """Finds every module anew: code that is given a module may put another one in its place."""
        self.nodes = [
            Node(at_path(self.root, path), place, kind, path)
            for place, (path, kind) in enumerate(self.kinds)
        ]

    def kinds_below(self, place):
        """The kinds of the tree under one of its places, with paths from there."""
        path = self.kinds[place][0]
        if not path:
            return self.kinds
        below = path + "."
        return [("", self.kinds[place][1])] + [
            (p[len(below) :], kind) for p, kind in self.kinds if p.startswith(below)
        ]


def at_path(module, path):
    for part in path.split(".") if path else ():
        module = getattr(module, part)
    return module


class Identities:
    """Which places are one object: the key of the first place of each."""

    def __init__(self):
        self._eager = {}
        self._script = []

    def of(self, name, node):
        key = packed(name, node.place, "identity")
        if isinstance(node.module, torch.jit.ScriptModule):
            # Wrappers differ where the interpreter's module is one, and the other way round.
            for module, first in self._script:
                if module == node.module._c:
                    return first
            self._script.append((node.module._c, key))
            return key
        return self._eager.setdefault(id(node.module), (key, node.module))[0]


def _construct_leaf(plan):
    kind = plan["kind"]
    if kind.startswith("BatchNorm"):
        return getattr(nn, kind)(
            plan["num_features"],
            eps=number(plan["eps"]),
            momentum=number(plan["momentum"]),
            affine=plan["affine"],
            track_running_stats=plan["track_running_stats"],
        )
    if kind == "Conv2d":
        module = nn.Conv2d(
            plan["in_channels"],
            plan["out_channels"],
            plan["kernel_size"],
            stride=plan["stride"],
            padding=plan["padding"],
            bias=plan["bias"],
        )
    elif kind == "Linear":
        module = nn.Linear(plan["in_features"], plan["out_features"], bias=plan["bias"])
    else:
        return {"ReLU": nn.ReLU, "Flatten": nn.Flatten}[kind]()
    with torch.no_grad():
        for slot, initial in plan["initial"].items():
            getattr(module, slot).copy_(torch.from_numpy(decode(initial)))
    return module


def construct(plan, live, names):
    """The module of a TREE, and its kinds. `live` has the trees that a child may name."""
    kinds = []

    def make(plan, path):
        if "shared" in plan:
            tree = live.get(plan["shared"])
            if tree is None:
                raise NotMade(names[plan["shared"]])
            for below, kind in tree.kinds:
                kinds.append((f"{path}.{below}" if below else path, kind))
            return tree.root
        kinds.append((path, plan["kind"]))
        if plan["kind"] != "Sequential":
            return _construct_leaf(plan)
        children = OrderedDict()
        for child, below in plan["children"]:
            children[child] = make(below, f"{path}.{child}" if path else child)
        return nn.Sequential(children)

    return Tree(make(plan, ""), kinds)
