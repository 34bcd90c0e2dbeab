"""Exports modules with torch.export and keeps the program by itself, without weights and without what Python remembers."""

import io
import json
import zipfile
from typing import Any

import torch

Json = dict[str, Any]


def export_program(module: torch.nn.Module, inputs: tuple[Any, ...]) -> Json:
    """The program of a module in training mode, not decomposed: the value of `models/model.json`."""
    exported = torch.export.export(module.train(), inputs, strict=False)
    archive = io.BytesIO()
    torch.export.save(exported, archive)
    with zipfile.ZipFile(archive) as files:
        name = next(name for name in files.namelist() if name.endswith("models/model.json"))
        return without_history(json.loads(files.read(name)))


def without_history(program: Json) -> Json:
    """Leaves out stack traces and module paths, which name files of the machine, and guards, which nobody reads."""
    for node in program["graph_module"]["graph"]["nodes"]:
        stack = node["metadata"].get("nn_module_stack")
        node["metadata"] = {"nn_module_stack": stack} if stack else {}
    program["graph_module"]["module_call_graph"] = []
    program.pop("guards_code", None)
    return program


def targets_of(program: Json) -> list[str]:
    """What the nodes call, in order: `add.Tensor`, or with its namespace outside of aten."""
    nodes = program["graph_module"]["graph"]["nodes"]
    return [node["target"].removeprefix("torch.ops.").removeprefix("aten.") for node in nodes]
