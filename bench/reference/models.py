"""
What autograd keeps of whole models of timm, and their programs: `make models` holds the estimate against them.

    pip install torch==2.15.0 torchvision timm
    python bench/reference/models.py FOLDER
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import timm
import torch
from torch.nn import functional

from whole import MAX_PARAMETERS, Row, attention_in_float32, collect, measured

BATCH = 4
MODELS_OF_A_FAMILY = 2


def chosen() -> Iterator[str]:
    """The models with the shortest names of each module of timm, which mostly are the smallest."""
    families: dict[str, list[str]] = {}
    for name in timm.list_models():
        families.setdefault(timm.models.model_entrypoint(name).__module__, []).append(name)
    for names in families.values():
        yield from sorted(names, key=lambda name: (len(name), name))[:MODELS_OF_A_FAMILY]


def measure(name: str, folder: Path) -> Row | None:
    """Exports one model and measures it; nothing where it is too large."""
    attention = functional.scaled_dot_product_attention
    model = timm.create_model(name).train()
    if sum(parameter.numel() for parameter in model.parameters()) > MAX_PARAMETERS:
        return None
    size = model.default_cfg.get("input_size", (3, 224, 224))
    functional.scaled_dot_product_attention = attention_in_float32
    try:
        found = measured(model, lambda: torch.empty(BATCH, *size, device="cuda"))
    finally:
        functional.scaled_dot_product_attention = attention
    torch.export.save(torch.export.export(model, (torch.randn(BATCH, *size),)), folder / f"{name}.pt2")
    return found


def main(folder: Path) -> None:
    """Two models of every family."""
    folder.mkdir(parents=True, exist_ok=True)
    models: Iterator[tuple[str, Callable[[], Row | None]]] = ((name, partial(measure, name, folder)) for name in chosen())
    collect(folder, {"torch": torch.__version__, "timm": timm.__version__}, models)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
