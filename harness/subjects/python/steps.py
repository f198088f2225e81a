"""Runs the steps of one plan, and says what was seen after each."""

import copy
import os

import numpy
import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook

import onnx_files
from observe import Observer, show_eager, show_script, show_tensor
from onnx_files import Unsupported
from trees import Identities, NotMade, Tree, at_path, construct, decode, number

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def text_of(error, limit=500):
    """The head and tail of an error's text: TorchScript puts the reason last."""
    text = str(error)
    if len(text) <= limit:
        return text
    tail = limit - 205
    return text[:200] + " ... " + text[-tail:]


def made_for(dtype, step, key):
    """The elements that a tensor of this dtype gets, still to be rounded where they are float64."""
    narrow = key + "_float32"
    return decode(step[narrow if dtype == torch.float32 and narrow in step else key])


def is_out_of_memory(error):
    return isinstance(error, MemoryError) or "DefaultCPUAllocator: can't allocate" in str(error)


NOT_PUT_THERE = "needs a module that was not put there"


STEPS = {}  # by kind: the method of Session that does it


def does(kind):
    def enter(method):
        STEPS[kind] = method
        return method

    return enter


def value_of(value):
    """A VALUE of a plan."""
    if isinstance(value, dict) and "dtype" in value:
        return DTYPES[value["dtype"]]
    return number(value)


class Session:
    """One scenario, from a reset."""

    def __init__(self, plan, folder):
        self.names = plan["names"]
        self.steps = plan["steps"]
        self.folder = folder
        self.observer = Observer()
        self.identities = Identities()
        self.modules = {}  # name -> Tree, as the next
        self.scripts = {}
        self.tensors = {}
        self.results = {}
        self.artefacts = {}
        self.live = []  # (name, what shows it, what is shown), in order of definition
        self.backward_of = None  # the result whose backward is under way
        self.files = 0
        torch.default_generator.manual_seed(0)  # torch.manual_seed looks for accelerators, slowly
        torch.set_grad_enabled(True)
        torch.set_default_dtype(torch.float32)
        torch.set_flush_denormal(False)

    def run(self):
        try:
            for number_, step in enumerate(self.steps):
                record = {"step": number_}
                record.update(self._run_step(step))
                for name, show, shown in self.live:
                    show(self.observer, name, shown)
                record["observed"] = self.observer.end()
                yield record
                if record["outcome"] == "out_of_memory":
                    return
        finally:
            for number_ in range(self.files):
                onnx_files.remove(self._file(number_))

    def _run_step(self, step):
        method = STEPS[step["step"]] if step["step"] in STEPS else Session._as_spelled
        try:
            method(self, step)
            return {"outcome": "ok"}
        except NotMade as missing:
            return {"outcome": "unsupported", "reason": f"needs {missing}, which was not made"}
        except Unsupported as reason:
            return {"outcome": "unsupported", "reason": str(reason)}
        except Exception as error:
            if is_out_of_memory(error):
                return {"outcome": "out_of_memory", "reason": text_of(error)}
            shown = {"class": type(error).__name__, "text": text_of(error)}
            return {"outcome": "error", "error": shown}

    # --- Names and files ---------------------------------------------------------------------

    def _get(self, kind, name):
        if name not in kind:
            raise NotMade(self.names[name])
        return kind[name]

    def _eager(self, module):
        tree = self._get(self.modules, module["name"])
        return at_path(tree.root, module["path"])

    def _eager_or_script(self, module):
        name = module["name"]
        tree = self.scripts[name] if name in self.scripts else self._get(self.modules, name)
        return at_path(tree.root, module["path"])

    def _layers(self, module):
        return self.modules[module["name"]].layers_below(module["place"])

    def _add(self, name, tree, kind, show):
        kind[name] = tree
        self.live.append((name, show, tree))
        self._show_identities(name, tree)

    def _show_identities(self, name, tree):
        for node in tree.nodes:
            first = self.identities.of(name, node)
            self.observer.scalar(name, node.place, "identity", first)

    def _look_again(self, module):
        """After code of torch that was given a module and could have changed what is in it."""
        name = module["name"]
        if name in self.modules:
            self.modules[name].look_again()
            self._show_identities(name, self.modules[name])

    def _file(self, number_):
        return os.path.join(self.folder, f"{os.getpid()}-{number_}")

    def _new_file(self):
        self.files += 1
        return self._file(self.files - 1)

    # --- Steps -------------------------------------------------------------------------------

    def _as_spelled(self, step):
        """Any step that is one method called, or one attribute set: as its text says."""
        module, spelled = self._eager_or_script(step["module"]), step["spelled"]
        values = [value_of(value) for value in spelled["values"]]
        if not hasattr(module, spelled.get("attribute") or spelled["method"]):
            raise Unsupported(NOT_PUT_THERE)
        if "attribute" in spelled:
            setattr(module, spelled["attribute"], *values)
        else:
            keywords = {word: value_of(value) for word, value in spelled["keywords"].items()}
            getattr(module, spelled["method"])(*values, **keywords)

    @does("construct")
    def _construct(self, step):
        tree = construct(step["module"], self.modules, self.names)
        self._add(step["result"], tree, self.modules, show_eager)

    @does("tensor")
    def _tensor(self, step):
        tensor = torch.from_numpy(decode(step["value"]))
        if step["memory_format"] == "channels_last":
            tensor = tensor.contiguous(memory_format=torch.channels_last)
        elif step["memory_format"] == "strided" and tensor.dim():
            # Every second element of a larger buffer; what lies between is NaN: reading it shows.
            shape = list(tensor.shape)
            shape[-1] *= 2
            buffer = torch.full(shape, float("nan"), dtype=tensor.dtype)
            tensor = buffer[..., ::2].copy_(tensor)
        tensor.requires_grad_(step["requires_grad"])
        self.tensors[step["result"]] = tensor
        self.live.append((step["result"], show_tensor, tensor))

    @does("fill")
    def _fill(self, step):
        tensor = getattr(self._eager_or_script(step["module"]), step["slot"], None)
        if tensor is None:
            raise Unsupported(NOT_PUT_THERE)
        with torch.no_grad():
            tensor.copy_(torch.from_numpy(made_for(tensor.dtype, step, "value")).to(tensor.dtype))

    @does("zero_grad")
    def _zero_grad(self, step):
        # Before 2.0 the default was to keep the tensors and set them to zero.
        self._eager(step["module"]).zero_grad(set_to_none=True)

    @does("replace")
    def _replace(self, step):
        by, path = step["replacement"], step["module"]["path"]
        above, _, name = path.rpartition(".")
        parent = at_path(self._get(self.modules, step["module"]["name"]).root, above)
        replacement = self._eager(by)
        layer = self.modules[by["name"]].layers[by["place"]][1]
        setattr(parent, name, replacement)
        self.identities = Identities()
        for shown_name, _, tree in self.live:
            if not isinstance(tree, Tree):
                continue
            if shown_name in self.modules:
                for place in tree.replace(parent, name, layer):
                    self.observer.replaced(shown_name, place, layer)
            self._show_identities(shown_name, tree)

    @does("deepcopy")
    def _deepcopy(self, step):
        made = copy.deepcopy(self._eager(step["module"]))
        tree = Tree(made, self._layers(step["module"]))
        self._add(step["result"], tree, self.modules, show_eager)

    @does("load_state_dict")
    def _load_state_dict(self, step):
        target = self._eager(step["target"])
        target.load_state_dict(self._eager(step["source"]).state_dict())

    # --- Forward and backward ----------------------------------------------------------------

    def _input(self, name):
        return self.results[name] if name in self.results else self._get(self.tensors, name)

    @does("forward")
    def _forward(self, step):
        name, module = step["result"], step["module"]
        if module["name"] in self.artefacts:
            artefact, x = self.artefacts[module["name"]], self._input(step["input"])
            # A file is run as users have it, and plainly. With its own optimisations onnxruntime 1.32.0
            # gives other values where a node trains (moved running statistics get into the output):
            # there the plain run alone shows what the file says.
            y = artefact.run(x, optimise=not artefact.trains)
            if not artefact.trains:
                self.observer.once(name, 1, "value", artefact.run(x, optimise=False))
        else:
            callee, x = self._eager_or_script(module), self._input(step["input"])
            with torch.set_grad_enabled(step["grad"]):
                y = self._call(name, callee, x)
        self.results[name] = y
        self.observer.once(name, 0, "value", y)

    def _call(self, name, callee, x):
        if isinstance(callee, torch.jit.ScriptModule):
            return callee(x)
        outputs = []

        def see(module, _, output):
            if type(module) is not nn.Sequential:
                outputs.append(output)

        # One hook for every module there is, for this call: nothing is left on the modules.
        handle = register_module_forward_hook(see)
        try:
            y = callee(x)
        except Exception:
            self._show_leaves(name, outputs)
            raise
        finally:
            handle.remove()
        self._show_leaves(name, outputs[:-1])
        return y

    def _show_leaves(self, name, outputs):
        for call, output in enumerate(outputs):
            self.observer.once(name, call, "leaf_output", output)
            if output.requires_grad:
                output.register_hook(self._see_gradient(name, call))

    def _see_gradient(self, name, call):
        def see(gradient):
            # An output may be a leaf of the graph, which other results' backwards reach too.
            if self.backward_of == name:
                self.observer.once(name, call, "leaf_output_grad", gradient)

        return see

    @does("backward")
    def _backward(self, step):
        y = self._get(self.results, step["output"])
        cycle = made_for(y.dtype, step, "gradient")
        elements = numpy.resize(cycle, y.numel()) if y.numel() else cycle[:0]
        gradient = torch.from_numpy(elements).to(y.dtype).reshape(y.shape)
        self.backward_of = step["output"]
        try:
            y.backward(gradient, retain_graph=step["retain_graph"])
        finally:
            self.backward_of = None

    # --- TorchScript and ONNX ----------------------------------------------------------------

    @does("torch.jit.trace")
    def _torch_jit_trace(self, step):
        module, x = self._eager(step["module"]), self._get(self.tensors, step["input"])
        try:
            made = torch.jit.trace(module, (x,), check_trace=step["check_trace"])
        finally:
            self._look_again(step["module"])
        tree = Tree(made, self._layers(step["module"]))
        self._add(step["result"], tree, self.scripts, show_script)

    @does("torch.jit.script")
    def _torch_jit_script(self, step):
        module = self._eager(step["module"])
        try:
            made = torch.jit.script(module)
        finally:
            self._look_again(step["module"])
        tree = Tree(made, self._layers(step["module"]))
        self._add(step["result"], tree, self.scripts, show_script)

    @does("torch.jit.save_load")
    def _torch_jit_save_load(self, step):
        tree = self._get(self.scripts, step["script"])
        path = self._new_file()
        torch.jit.save(tree.root, path)
        made = Tree(torch.jit.load(path), tree.layers)
        self._add(step["result"], made, self.scripts, show_script)

    @does("torch.onnx.export")
    def _torch_onnx_export(self, step):
        name = step["result"]
        module, x = self._eager(step["module"]), self._get(self.tensors, step["input"])
        path = self._new_file()
        try:
            artefact = onnx_files.export(module, x, path, step)
        finally:
            self._look_again(step["module"])
        facts = onnx_files.facts(path)
        artefact.trains = any(slot == "onnx_training_mode" and value for _, slot, value in facts)
        self.artefacts[name] = artefact
        for place, slot, value in facts:
            self.observer.once(name, place, slot, value)
