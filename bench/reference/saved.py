"""What autograd keeps of one operator from forward to backward."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._pytree import tree_leaves

from case import Case, Operator

Json = dict[str, Any]

LOW = torch.bfloat16


def saved_tensors(case: Case) -> list[Json]:
    """One entry for each storage that is kept: whose it is, the tensor it is kept as, and how many bytes stay for it."""
    return run(case.on_cuda or case, is_lowered=False)["saved"]


def under_autocast(case: Case) -> Json:
    """The same where autocast is on and what stands in front put out its low precision, and the dtypes of the outputs."""
    return run(case, is_lowered=True)


def run(case: Case, *, is_lowered: bool) -> Json:
    """
    Calls the operator once.

    The tensors are fake ones of a CUDA device: autograd and everything that chooses operators by their device act as on
    a GPU, and nothing is computed.
    """
    device = "cpu" if case.is_on_host else "cuda"
    with FakeTensorMode(allow_non_fake_inputs=True):
        module = Operator(case, device)
        batch = module.batch(device)
        prepared = module.prepared(batch)
        if is_lowered:
            prepared = lowered(module, prepared)
        kept: list[torch.Tensor] = []

        def keep(tensor: torch.Tensor) -> torch.Tensor:
            kept.append(tensor)
            return tensor

        with saved_tensors_hooks(keep, lambda tensor: tensor), autocast(is_on=is_lowered):
            result = module.call(prepared)
        names = names_of(module, prepared, batch, result)
        return {"saved": described(kept, names), "outputs": [dtype_of(tensor) for tensor in tensors_of(result)]}


def lowered(module: Operator, prepared: list[torch.Tensor]) -> list[torch.Tensor]:
    """The tracked inputs in autocast's low precision."""
    operands = zip(module.case.operands, prepared, strict=True)
    return [tensor.to(LOW) if operand.is_lowered else tensor for operand, tensor in operands]


@contextmanager
def autocast(*, is_on: bool) -> Iterator[None]:
    """`torch.autocast("cuda")`, which turns itself off where there is no GPU."""
    torch.set_autocast_enabled("cuda", is_on)
    torch.set_autocast_dtype("cuda", LOW)
    try:
        yield
    finally:
        torch.clear_autocast_cache()
        torch.set_autocast_enabled("cuda", False)


def names_of(
    module: Operator, prepared: list[torch.Tensor], batch: tuple[torch.Tensor, ...], result: Any
) -> dict[int, str]:
    """Whose each storage is; who had it first."""
    tracked = [
        tensor for operand, tensor in zip(module.case.operands, prepared, strict=True) if operand.role == "tracked"
    ]
    named: list[tuple[str, torch.Tensor]] = [
        *((f"input {index}", tensor) for index, tensor in enumerate(tracked)),
        *((f"given {index}", tensor) for index, tensor in enumerate(batch)),
        *((f"parameter {name}", tensor) for name, tensor in module.named_parameters()),
        *((f"buffer {name}", tensor) for name, tensor in module.named_buffers()),
        *((f"output {index}", tensor) for index, tensor in enumerate(tensors_of(result))),
    ]
    names: dict[int, str] = {}
    for name, tensor in named:
        names.setdefault(storage_of(tensor), name)
    return names


def tensors_of(result: Any) -> list[torch.Tensor]:
    """The tensors an operator puts out."""
    return [leaf for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor)]


def dtype_of(tensor: torch.Tensor) -> str:
    """`float32`."""
    return str(tensor.dtype).removeprefix("torch.")


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
            "dtype": dtype_of(tensor),
            "shape": list(tensor.shape),
            "bytes": tensor.untyped_storage().nbytes(),
        }
        storages.setdefault(storage_of(tensor), entry)
    return list(storages.values())
