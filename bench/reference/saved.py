"""What autograd keeps of one operator from forward to backward."""

from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._pytree import tree_leaves

from case import Case, Operator

Json = dict[str, Any]


def saved_tensors(case: Case) -> list[Json]:
    """
    One entry for each storage that is kept: whose it is, the tensor it is kept as, and how many bytes stay for it.

    The tensors are fake ones of a CUDA device: autograd and everything that chooses operators by their device act as on
    a GPU, and nothing is computed.
    """
    with FakeTensorMode(allow_non_fake_inputs=True):
        module = Operator(case.on_cuda or case, "cuda")
        batch = module.batch("cuda")
        prepared = module.prepared(batch)
        kept: list[torch.Tensor] = []

        def keep(tensor: torch.Tensor) -> torch.Tensor:
            kept.append(tensor)
            return tensor

        with saved_tensors_hooks(keep, lambda tensor: tensor):
            result = module.call(prepared)
        names = names_of(module, prepared, batch, result)
        return described(kept, names)


def names_of(
    module: Operator, prepared: list[torch.Tensor], batch: tuple[torch.Tensor, ...], result: Any
) -> dict[int, str]:
    """Whose each storage is; who had it first."""
    tracked = [
        tensor for operand, tensor in zip(module.case.operands, prepared, strict=True) if operand.role == "tracked"
    ]
    outputs = [leaf for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor)]
    named: list[tuple[str, torch.Tensor]] = [
        *((f"input {index}", tensor) for index, tensor in enumerate(tracked)),
        *((f"given {index}", tensor) for index, tensor in enumerate(batch)),
        *((f"parameter {name}", tensor) for name, tensor in module.named_parameters()),
        *((f"buffer {name}", tensor) for name, tensor in module.named_buffers()),
        *((f"output {index}", tensor) for index, tensor in enumerate(outputs)),
    ]
    names: dict[int, str] = {}
    for name, tensor in named:
        names.setdefault(storage_of(tensor), name)
    return names


def storage_of(tensor: torch.Tensor) -> int:
    """The identity of a tensor's memory."""
    return tensor.untyped_storage()._cdata


def is_on_host(tensor: torch.Tensor) -> bool:
    """A Python number that was wrapped in a tensor."""
    return tensor.device.type == "cpu" and tensor.dim() == 0


def described(kept: list[torch.Tensor], names: dict[int, str]) -> list[Json]:
    """Each storage once, in the order in which it was kept."""
    storages: dict[int, Json] = {}
    for tensor in kept:
        if is_on_host(tensor):
            continue
        entry = {
            "from": names.get(storage_of(tensor), "new"),
            "dtype": str(tensor.dtype).removeprefix("torch."),
            "shape": list(tensor.shape),
            "bytes": tensor.untyped_storage().nbytes(),
        }
        storages.setdefault(storage_of(tensor), entry)
    return list(storages.values())
