"""What is seen of modules, tensors and results, as harness/subject/subject.hpp says.

After each step everything is looked at, and bits are compared with bits: nothing is trusted to
count its own changes.
"""

import math
from binascii import b2a_base64

import torch

# Slots in the order of harness/trace/trace.hpp: part of the key of what shares memory.
SLOTS = (
    "identity training momentum eps track_running_stats weight bias running_mean running_var "
    "num_batches_tracked weight_grad bias_grad value grad"
).split()
SLOT = {name: number for number, name in enumerate(SLOTS)}
DTYPES = {torch.float32: "float32", torch.float64: "float64", torch.int64: "int64"}
PARAMETERS = ("weight", "bias")


def packed(name, place, slot):
    """Key::packed of harness/trace/trace.hpp."""
    return name << 24 | place << 8 | SLOT[slot]


def scalar(value):
    """None, a bool or an int as it is; a float as {"double": ...}; else its text."""
    if isinstance(value, float):
        if math.isfinite(value):
            return {"double": value}
        return {"double": "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"}
    if value is None or isinstance(value, (bool, int)):
        return value
    return str(value)[:500]


def dense_bytes(tensor):
    return tensor.detach().contiguous().numpy().tobytes()


def tensor_value(tensor, storage=0, bits=None):
    """A tensor as JSON; what torch would not give bits of is shown by its dtype only."""
    value = {
        "dtype": DTYPES.get(tensor.dtype, str(tensor.dtype)[len("torch.") :]),
        "shape": list(tensor.shape),
        "strides": list(tensor.stride()),
        "requires_grad": tensor.requires_grad,
        "is_leaf": tensor.is_leaf,
        "storage": storage,
    }
    if tensor.dtype in DTYPES:
        bits = dense_bytes(tensor) if bits is None else bits
        value["bits"] = b2a_base64(bits, newline=False).decode()
    return value


class _Seen:
    """How a tensor slot was seen last: enough to find out cheaply whether it changed."""

    __slots__ = ("tensor", "memory", "dtype", "view", "bits", "facts")

    def __init__(self):
        self.tensor = self  # nothing that a slot can hold
        self.memory = None


class Observer:
    """Remembers what was shown, and shows what is new. `begin`, any show, `end`; step by step."""

    def __init__(self):
        self._last = {}
        self._seen = {}
        self._memory = {}
        self._out = []

    def end(self):
        out, self._out = self._out, []
        self._memory.clear()
        return out

    def scalar(self, name, place, slot, value):
        key = (name, place, slot)
        last = self._last.get(key, self)  # self: nothing that a slot can hold
        if last is value:
            return
        if type(last) is type(value) and repr(last) == repr(value):  # -0.0 and nan too
            return
        self._last[key] = value
        self._out.append((name, place, slot, scalar(value)))

    def tensor(self, name, place, slot, tensor):
        """A tensor that lives on: compared with what it was."""
        key = (name, place, slot)
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = _Seen()
        if tensor is None:
            if seen.tensor is not None:
                seen.tensor = None
                self._out.append((name, place, slot, None))
            return
        memory = tensor.data_ptr()
        storage = 0
        if slot != "value":
            storage = packed(name, place, slot)
            if tensor.numel():
                storage = self._memory.setdefault(memory, storage)
        facts = (tensor.shape, tensor.requires_grad, tensor.is_leaf, storage)
        if seen.tensor is not tensor or seen.memory != memory or seen.dtype is not tensor.dtype:
            old = seen.bits if isinstance(seen.tensor, torch.Tensor) else None
            same = old is not None and seen.dtype is tensor.dtype and seen.facts == facts
            seen.tensor, seen.memory, seen.dtype = tensor, memory, tensor.dtype
            known = tensor.dtype in DTYPES
            # A view keeps the memory alive, so nobody else's tensor gets this address.
            seen.view = tensor.detach().numpy() if known else None
            seen.bits = seen.view.tobytes() if known else b""
            if same and old == seen.bits:
                return
        else:
            bits = seen.view.tobytes() if seen.view is not None else b""
            if bits == seen.bits and facts == seen.facts:
                return
            seen.bits = bits
        seen.facts = facts
        self._out.append((name, place, slot, tensor_value(tensor, storage, seen.bits)))

    def replaced(self, name, place, layer):
        """Another module stands at a place: what was shown and its layer lacks becomes None."""
        has = {*layer.parameters, *layer.buffers, *layer.attributes}
        has.update(slot + "_grad" for slot in layer.parameters)
        for slot in SLOTS[SLOT["momentum"] : SLOT["value"]]:
            if slot in has:
                continue
            if (name, place, slot) in self._last:
                self.scalar(name, place, slot, None)
            if (name, place, slot) in self._seen:
                self.tensor(name, place, slot, None)

    def once(self, name, place, slot, value):
        """What is shown at one step only: a result, a leaf's output, a fact of an artefact."""
        shown = tensor_value(value) if isinstance(value, torch.Tensor) else scalar(value)
        self._out.append((name, place, slot, shown))


def show_eager(observer, name, tree):
    for node in tree.nodes:
        module, place, layer = node.module, node.place, node.layer
        observer.scalar(name, place, "training", module.training)
        for attribute in layer.attributes:
            observer.scalar(name, place, attribute, getattr(module, attribute))
        held = [(slot, module._parameters.get(slot)) for slot in layer.parameters]
        for slot, tensor in held:
            observer.tensor(name, place, slot, tensor)
        for slot in layer.buffers:
            observer.tensor(name, place, slot, module._buffers.get(slot))
        _show_gradients(observer, name, place, held)


def show_script(observer, name, tree):
    for node in tree.nodes:
        # The module of the interpreter itself: its Python wrapper keeps copies of some attributes.
        module, place, layer = node.module._c, node.place, node.layer
        observer.scalar(name, place, "training", module.getattr("training"))
        held = []
        for slot in layer.parameters + layer.buffers:
            tensor = module.getattr(slot) if module.hasattr(slot) else None
            observer.tensor(name, place, slot, tensor)
            if slot in PARAMETERS:
                held.append((slot, tensor))
        _show_gradients(observer, name, place, held)


def _show_gradients(observer, name, place, held):
    for slot, tensor in held:
        observer.tensor(name, place, slot + "_grad", None if tensor is None else tensor.grad)


def show_tensor(observer, name, tensor):
    observer.tensor(name, 0, "value", tensor)
    observer.tensor(name, 0, "grad", tensor.grad)
