"""A subject in another process: answers plans with traces, as JSON lines.

First it writes {"manifest": {...}}. Then, for each line {"plan": PLAN} (harness/scenario/plan.cpp)
on standard input, one line for each step (harness/trace/json.hpp), written as soon as the step
ended, so that a crash is located; then {"end": true}. It ends when its input does.

    python worker.py [--memory BYTES] --folder FOLDER
"""

import argparse
import ctypes
import gc
import json
import logging
import os
import resource
import shutil
import signal
import sys
import warnings
from importlib import metadata

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def take_standard_output():
    """The real standard output, out of the reach of whoever prints: that goes to standard error."""
    mine = os.dup(1)
    os.set_inheritable(mine, False)
    os.dup2(2, 1)
    return mine


def die_with_parent():
    """Also where a script of sh stands between normdiff and this, they end together (Linux)."""
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except (AttributeError, OSError):
        pass  # no Linux: the end of standard input has to do


def write_line(output, value):
    left = memoryview(json.dumps(value, separators=(",", ":")).encode() + b"\n")
    while left:
        left = left[os.write(output, left) :]


def version_of(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


# An export needs them, or what it needs follows from their versions.
PACKAGES = ("numpy", "onnx", "onnxscript", "onnxruntime")


def manifest(torch, steps):
    capability = getattr(torch.backends.cpu, "get_cpu_capability", None)
    capability = capability() if capability else ""
    facts = [
        ("torch", torch.__version__),
        ("git", torch.version.git_version),
        ("python", sys.version.split()[0]),
        *((package, version_of(package) or "not installed") for package in PACKAGES),
        ("capability", capability or "not known"),
        ("threads", str(torch.get_num_threads())),
    ]
    return {
        "version": torch.__version__,
        "cpu_capability": capability,
        "facts": facts,
        "steps": steps,
    }


def forget_script_types(torch):
    """What a scenario scripts must not depend on what an earlier one did.

    torch.jit.script looks for a type that was compiled before. It takes two Sequentials for one
    type when their children have the same names and types in another order, and then runs the
    second in the order of the first (PyTorch 2.13.0).
    """
    recursive = torch.jit._recursive
    recursive.concrete_type_store = recursive.ConcreteTypeStore()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--memory", type=int, default=0, help="address space in bytes; 0: no limit")
    parser.add_argument("--folder", required=True, help="where files are put; gone when this ends")
    arguments = parser.parse_args()
    if arguments.memory:
        resource.setrlimit(resource.RLIMIT_AS, (arguments.memory, arguments.memory))
    die_with_parent()
    output = take_standard_output()

    try:
        import numpy  # noqa: F401 - no bits of a tensor are read or written without it
    except ImportError as error:
        sys.exit(f"needs the numpy package ({error}); install it")
    import torch

    from steps import STEPS, Session

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    gc.collect()
    gc.freeze()  # what torch brought along lives for ever; collections need not look at it
    write_line(output, {"manifest": manifest(torch, list(STEPS))})
    for line in sys.stdin.buffer:
        forget_script_types(torch)
        session = Session(json.loads(line)["plan"], arguments.folder)
        record = None
        for record in session.run():
            write_line(output, record)
        del session, record  # what clearing up breaks belongs to this scenario
        write_line(output, {"end": True})
    # No more will be asked for: whoever started this ended, perhaps killed, and cannot clear up.
    shutil.rmtree(arguments.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
