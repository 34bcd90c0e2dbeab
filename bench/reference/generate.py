"""Writes test/golden from PyTorch: `python bench/reference/generate.py [operators] [nets]`."""

import json
import platform
import sys
import warnings
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import torch

from case import Case, Operator
from cases import FAMILIES
from nets import NETS, Net
from program import Json, export_program, targets_of
from saved import saved_tensors, under_autocast
from steps import trained

HALVES = (torch.float16, torch.bfloat16)
GOLDEN = Path(__file__).resolve().parents[2] / "test" / "golden"


def operator_case(case: Case) -> Json:
    """The program of one call, and what PyTorch keeps of it."""
    module = Operator(case, "cpu")
    program = export_program(module, module.batch("cpu"))
    targets = targets_of(program)
    if case.target not in targets:
        raise ValueError(f"{case.target} was exported as {', '.join(targets)}")
    return {
        "target": case.target,
        **({"runs": case.on_cuda.target} if case.on_cuda else {}),
        "tracked": tracked_names(case, program),
        "saved": saved_tensors(case),
        **({"autocast": under_autocast(case)} if is_autocast(case) else {}),
        "program": program,
    }


def is_autocast(case: Case) -> bool:
    """Whether the case is one of float32 and CUDA runs the operator itself."""
    if case.is_wide or case.is_on_host or case.on_cuda is not None:
        return False
    return all(operand.dtype not in HALVES for operand in case.operands)


def tracked_names(case: Case, program: Json) -> list[str]:
    """What the tracked inputs are called in the program: the sums in front of the call."""
    count = sum(operand.role == "tracked" for operand in case.operands)
    nodes = program["graph_module"]["graph"]["nodes"]
    return [node["outputs"][0]["as_tensor"]["name"] for node in nodes[:count]]


def write(path: Path, what: str, entries: Mapping[str, Any]) -> None:
    """One entry a line, so that a change shows as the entries it changes."""
    versions = {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": date.today().isoformat(),
        "command": f"python bench/reference/generate.py {what}",
    }
    compact = {name: json.dumps(entry, separators=(",", ":")) for name, entry in entries.items()}
    lines = ",\n".join(f"{json.dumps(name)}:{text}" for name, text in compact.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{{"generator":{json.dumps(versions)},\n"cases":{{\n{lines}\n}}}}\n')


def write_operators() -> None:
    """One file for each family of operators."""
    for family, cases in FAMILIES.items():
        entries = {case.name: operator_case(case) for case in cases}
        if len(entries) < len(cases):
            raise ValueError(f"two cases of {family} have one name")
        write(GOLDEN / "operators" / f"{family}.json", "operators", entries)


def net_case(net: Net) -> Json:
    """The program of a net, and what two training steps take and give back."""
    program = export_program(net.build(), (net.inputs("cpu"),))
    return {"optimizer": net.optimizer, "program": program, **trained(net)}


def write_nets() -> None:
    """One file for all nets."""
    write(GOLDEN / "nets.json", "nets", {name: net_case(net) for name, net in NETS.items()})


WRITERS = {"operators": write_operators, "nets": write_nets}


def main() -> None:
    """Writes what is asked for, or everything."""
    warnings.filterwarnings("ignore")
    for name in sys.argv[1:] or WRITERS:
        WRITERS[name]()


if __name__ == "__main__":
    main()
