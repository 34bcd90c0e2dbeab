"""The memory that training steps take and give back, in order, as it is seen below autograd."""

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from nets import OPTIMIZERS, Net

STEPS = 2
Event = tuple[str, int, str]


class Tracker(TorchDispatchMode):
    """
    Writes down every storage that an operator puts out, and when it is freed: `["+", bytes, operator]`, `["-", bytes, ""]`.

    On the meta device nothing is computed, and operators are those of the autograd formulas. What a kernel takes while it
    runs is not seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.known: set[int] = set()

    def __torch_dispatch__(self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor) and leaf.device.type == "meta":
                self.see(leaf, str(function).removeprefix("aten."))
        return result

    def see(self, tensor: Tensor, operator: str) -> None:
        """A storage that was not there before is an allocation."""
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key in self.known or size == 0:
            return
        self.known.add(key)
        self.events.append(("+", size, operator))
        weakref.finalize(storage, self.forget, key, size)

    def forget(self, key: int, size: int) -> None:
        """The last reference to a storage is gone."""
        self.known.discard(key)
        self.events.append(("-", size, ""))

    def take(self) -> list[Event]:
        """What happened since this was last asked."""
        events, self.events = self.events, []
        return events


def sums_in_backward(net: Net) -> list[str]:
    """
    How the engine adds up gradients, `add_` in place or `add` anew, in order.

    It adds in place what nobody else holds. A tracker holds Python objects, the profiler of a run on the CPU does not.
    """
    module = net.build().train()
    loss = loss_of(module(net.inputs("cpu")), labels(net, "cpu"))
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        loss.backward()
    names = [event.name.removeprefix("aten::") for event in sorted(profile.events(), key=lambda event: event.id)]
    return [name for name in names if name in ("add", "add_")]


def with_sums(events: list[Event], sums: list[str]) -> list[Event]:
    """Of sums in place, neither the new tensor nor the end of the old one is to be seen."""
    waiting = list(reversed(sums))
    kept: list[Event] = []
    ended: list[int] = []
    for sign, size, operator in events:
        if operator == "add.Tensor" and waiting.pop() == "add_":
            ended.append(size)
        elif sign == "-" and size in ended:
            ended.remove(size)
        else:
            kept.append((sign, size, operator))
    if ended or waiting:
        raise ValueError("the profiler saw other sums than the tracker")
    return kept


def on_meta(net: Net) -> nn.Module:
    """The module without memory; weights that are tied stay so."""
    with torch.device("meta"):
        return net.build().train()


def loss_of(outputs: Tensor, targets: Tensor) -> Tensor:
    """cross_entropy of logits, whose classes are last."""
    return functional.cross_entropy(outputs.flatten(0, -2), targets.flatten())


def trained(net: Net) -> dict[str, Any]:
    """Bytes of the weights, then the events of each phase of each step of a loop as scripts write it."""
    sums = sums_in_backward(net)
    module = on_meta(net)
    optimizer = OPTIMIZERS[net.optimizer](list(module.parameters()))
    weights = {tensor.untyped_storage()._cdata: tensor.untyped_storage().nbytes() for tensor in held(module)}
    tracker = Tracker()
    tracker.known.update(weights)
    phases: list[dict[str, Any]] = []
    inputs = targets = outputs = loss = None

    def phase(name: str, run: Callable[[], Any]) -> Any:
        result = run()
        events = tracker.take()
        phases.append({"phase": name, "events": with_sums(events, sums) if name == "backward" else events})
        return result

    with tracker:
        for _ in range(STEPS):
            inputs, targets = phase("batch", lambda: (net.inputs("meta"), labels(net, "meta")))
            outputs = phase("forward", lambda: module(inputs))
            loss = phase("loss", lambda: loss_of(outputs, targets))
            phase("backward", loss.backward)
            phase("optimizer", optimizer.step)
            phase("zero", lambda: optimizer.zero_grad(set_to_none=True))
    return {"weights": sum(weights.values()), "phases": phases}


def held(module: nn.Module) -> list[Tensor]:
    """Parameters and buffers."""
    return [*module.parameters(), *module.buffers()]


def labels(net: Net, device: str) -> Tensor:
    """A class for each image, or for each token."""
    shape = net.batch if net.vocabulary else net.batch[:1]
    return torch.zeros(shape, dtype=torch.int64, device=device)
