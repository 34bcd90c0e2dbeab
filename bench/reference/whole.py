"""
What autograd keeps of whole models, and their programs: shared by `models.py` and `language.py`.

The tensors are fake ones of a CUDA device, as in `saved.py`: nothing is computed, and no GPU is needed.
"""

import copy
import json
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd.graph import saved_tensors_hooks
from torch.nn import functional
from torch.utils._pytree import tree_leaves

from saved import is_on_host, storage_of

MAX_PARAMETERS = 120_000_000
MAX_SECONDS = 150

MASK_ALIGNMENT = 8

Row = dict[str, Any]


def aligned(mask: Tensor) -> Tensor:
    """With rows that begin at multiples of 8 elements (aten/src/ATen/native/transformers/attention.cpp, preprocess_mask)."""
    *steps, last_step = mask.stride()
    if last_step == 1 and all(step % MASK_ALIGNMENT == 0 for step in steps):
        return mask
    size = mask.shape[-1]
    return functional.pad(mask, (0, MASK_ALIGNMENT - size % MASK_ALIGNMENT))[..., :size]


def in_numbers(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """0 where a mask is true, and elsewhere minus infinity (attention.cpp, convert_boolean_attn_mask)."""
    if mask.dtype != torch.bool:
        return mask
    return torch.zeros_like(mask, dtype=dtype).masked_fill_(mask.logical_not(), float("-inf"))


def attention_in_float32(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """By the names of its kernels: which one is taken is asked of the GPU itself (sdp_utils.cpp)."""
    if query.dim() != 4 or query.shape[:2] != key.shape[:2]:
        kernel = torch.ops.aten._scaled_dot_product_attention_math
        return kernel(query, key, value, attn_mask, dropout_p, is_causal, scale=scale, enable_gqa=enable_gqa)[0]
    if attn_mask is not None:
        attn_mask = aligned(in_numbers(attn_mask, query.dtype)).expand(*query.shape[:-1], key.shape[-2])
    kernel = torch.ops.aten._scaled_dot_product_efficient_attention
    return kernel(query, key, value, attn_mask, True, dropout_p, is_causal, scale=scale)[0]


def moved_to_cuda(model: nn.Module, fake: FakeTensorMode) -> nn.Module:
    """The model with fake weights; tied ones stay tied."""
    moved = copy.deepcopy(model)
    made: dict[int, Tensor] = {}
    with fake:
        for module in moved.modules():
            for weights in (module._parameters, module._buffers):
                for name, weight in weights.items():
                    if weight is None:
                        continue
                    if id(weight) not in made:
                        empty = torch.empty(weight.shape, dtype=weight.dtype, device="cuda")
                        is_parameter = isinstance(weight, nn.Parameter)
                        made[id(weight)] = nn.Parameter(empty, weight.requires_grad) if is_parameter else empty
                    weights[name] = made[id(weight)]
    return moved


def bytes_of(tensors: list[Tensor]) -> dict[int, int]:
    """Each storage once."""
    return {storage_of(tensor): tensor.untyped_storage().nbytes() for tensor in tensors}


def measured(model: nn.Module, make_batch: Callable[[], Tensor]) -> dict[str, int]:
    """Bytes of the weights, and of what is there between forward and loss besides: the batch, what is kept, the outputs."""
    # A tensor of another mode would be taken for a real one, and copied.
    fake = FakeTensorMode(allow_non_fake_inputs=True)
    model = moved_to_cuda(model, fake)
    # Held, for a model may assign its buffers anew, and what is freed gives its identity to the next.
    held = [*model.parameters(), *model.buffers()]
    weights = bytes_of(held)
    kept: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    with fake:
        batch = make_batch()
        with saved_tensors_hooks(keep, lambda tensor: tensor):
            outputs = [leaf for leaf in tree_leaves(model(batch)) if isinstance(leaf, Tensor)]
    live = bytes_of([batch, *outputs, *(tensor for tensor in kept if not is_on_host(tensor))])
    return {
        "weightsBytes": sum(weights.values()),
        "liveBytes": sum(count for storage, count in live.items() if storage not in weights),
    }


def collect(folder: Path, versions: Row, models: Iterable[tuple[str, Callable[[], Row | None]]]) -> None:
    """
    One line of JSON for each model that can be measured. Those that PyTorch itself cannot export or run fake are left
    out, and named.
    """

    def give_up(*_: Any) -> None:
        raise TimeoutError(f"more than {MAX_SECONDS} s")

    signal.signal(signal.SIGALRM, give_up)
    with (folder / "index.jsonl").open("w") as index:
        index.write(json.dumps(versions) + "\n")
        for name, measure in models:
            signal.alarm(MAX_SECONDS)
            try:
                row = measure()
            except Exception as error:  # noqa: BLE001: whatever a model does, the others are still measured
                print(f"{name}: left out: {str(error)[:100]}", file=sys.stderr)
                continue
            finally:
                signal.alarm(0)
            if row:
                print(f"{name}: {row['liveBytes']} bytes", file=sys.stderr)
                index.write(json.dumps({"name": name, **row}) + "\n")
                index.flush()
