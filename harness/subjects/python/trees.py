"""Module trees: made from a plan, and looked into by place."""

from binascii import a2b_base64
from collections import OrderedDict

import numpy
import torch
from torch import nn

from observe import PARAMETERS, packed

NUMPY = {"float32": numpy.float32, "float64": numpy.float64, "int64": numpy.int64}


def decode(tensor):
    """TENSOR of a plan as a dense numpy array of its own."""
    bits = numpy.frombuffer(a2b_base64(tensor["bits"]), dtype=NUMPY[tensor["dtype"]])
    return bits.reshape(tensor["shape"]).copy()


def number(value):
    """A value of a plan: JSON has no nan and no infinities."""
    return float(value["double"]) if isinstance(value, dict) else value


class NotMade(Exception):
    """A step needs a name that was never made."""


class Layer:
    """What can be seen of a module of some kind: the slots that hold tensors, and attributes."""

    __slots__ = ("parameters", "buffers", "attributes")

    def __init__(self, plan):
        self.parameters = [slot for slot in plan["slots"] if slot in PARAMETERS]
        self.buffers = [slot for slot in plan["slots"] if slot not in PARAMETERS]
        self.attributes = plan["attributes"]


class Node:
    __slots__ = ("module", "place", "layer", "path")

    def __init__(self, module, place, layer, path):
        self.module, self.place, self.layer, self.path = module, place, layer, path


class Tree:
    """The modules of a name, in order of place. A module that occurs twice has two places."""

    def __init__(self, root, layers):
        """`layers` is [(path below the root, Layer)] in order of place."""
        self.root = root
        self.layers = layers
        self.look_again()

    def look_again(self):
        """Finds every module anew: code that is given a module may put another one in its place."""
        self.nodes = [
            Node(at_path(self.root, path), place, layer, path)
            for place, (path, layer) in enumerate(self.layers)
        ]

    def replace(self, parent, child, layer):
        """A child of `parent` is another module, of this layer. Gives the places where it stands."""
        paths = [node.path for node in self.nodes if node.module is parent]
        below = {f"{path}.{child}" if path else child for path in paths}
        places = [place for place, (path, _) in enumerate(self.layers) if path in below]
        self.layers = [(path, layer if path in below else old) for path, old in self.layers]
        self.look_again()
        return places

    def layers_below(self, place):
        """The layers of the tree under one of its places, with paths from there."""
        path = self.layers[place][0]
        if not path:
            return self.layers
        below = path + "."
        return [("", self.layers[place][1])] + [
            (p[len(below) :], layer) for p, layer in self.layers if p.startswith(below)
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
    arguments = {name: number(value) for name, value in plan["arguments"].items()}
    module = getattr(nn, plan["kind"])(**arguments)
    with torch.no_grad():
        for slot, initial in plan["initial"].items():
            getattr(module, slot).copy_(torch.from_numpy(decode(initial)))
    return module


def construct(plan, live, names):
    """The module of a TREE. `live` has the trees that a child may name."""
    layers = []

    def make(plan, path):
        if "shared" in plan:
            tree = live.get(plan["shared"])
            if tree is None:
                raise NotMade(names[plan["shared"]])
            for below, layer in tree.layers:
                layers.append((f"{path}.{below}" if below else path, layer))
            return tree.root
        layers.append((path, Layer(plan)))
        if "children" not in plan:
            return _construct_leaf(plan)
        children = OrderedDict()
        for child, below in plan["children"]:
            children[child] = make(below, f"{path}.{child}" if path else child)
        return getattr(nn, plan["kind"])(children)

    return Tree(make(plan, ""), layers)
