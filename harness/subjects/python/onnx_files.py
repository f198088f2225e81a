"""torch.onnx.export to a file, what is in the file, and running it."""

import importlib
import inspect
import os

import torch


class Unsupported(Exception):
    """This version can't do what the step asks for; says why."""


def need(package):
    """The package, imported. Where it is not there, or what it needs itself, the name of that."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        missing = (error.name or package).partition(".")[0]
        raise Unsupported(f"needs the {missing} package: {error}") from error


class Artefact:
    def __init__(self, path):
        self.path = path
        self.trains = False  # some node does, as its facts say
        self._sessions = {}  # by whether onnxruntime optimises

    def run(self, x, optimise):
        """The first output, computed by onnxruntime on one thread of the CPU."""
        if optimise not in self._sessions:
            self._sessions[optimise] = _open(self.path, optimise)
        session = self._sessions[optimise]
        array = x.detach().contiguous().numpy()
        inputs = {i.name: array for i in session.get_inputs()}
        return torch.from_numpy(session.run(None, inputs)[0])


def _open(path, optimise):
    onnxruntime = need("onnxruntime")
    from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NoKernel

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    if not optimise:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except NoKernel as error:
        raise Unsupported(f"needs a kernel that onnxruntime does not have: {error}") from error


def export(module, x, path, step):
    accepted = inspect.signature(torch.onnx.export).parameters
    arguments = {
        "training": getattr(torch.onnx.TrainingMode, step["training"]),
        "opset_version": step["opset_version"],
        "do_constant_folding": step["do_constant_folding"],
        "dynamo": step["dynamo"],
        "external_data": False,
        "verbose": False,
    }
    if "dynamo" not in accepted and step["dynamo"]:
        raise Unsupported("torch.onnx.export of this version has no dynamo=True")
    for required in ("training", "opset_version"):
        if required not in accepted:
            raise Unsupported(f"torch.onnx.export of this version takes no {required}")
    # Without them the exporter refuses with a text of its own, or nobody can read what it wrote.
    need("onnx")
    if step["dynamo"]:
        need("onnxscript")
    try:
        torch.onnx.export(
            module, (x,), path, **{k: v for k, v in arguments.items() if k in accepted}
        )
    except Exception as error:
        # The newer exporter wraps the reason in a page of advice.
        raise error.__cause__ or error from None
    return Artefact(path)


def facts(path):
    """[(place, slot, value)] of every BatchNormalization node, in the order of the graph."""
    onnx = need("onnx")
    found = []
    nodes = [n for n in onnx.load(path).graph.node if n.op_type == "BatchNormalization"]
    found.append((0, "onnx_batch_norms", len(nodes)))
    for place, node in enumerate(nodes):
        given = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        # Defaults: https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
        found.append((place, "onnx_training_mode", int(given.get("training_mode", 0))))
        found.append((place, "onnx_outputs", sum(1 for output in node.output if output)))
        found.append((place, "onnx_epsilon", float(given.get("epsilon", 1e-5))))
        found.append((place, "onnx_momentum", float(given.get("momentum", 0.9))))
    return found


def remove(path):
    for leftover in (path, path + ".data"):
        if os.path.exists(leftover):
            os.remove(leftover)
