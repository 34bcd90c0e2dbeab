"""
Measures what training takes of a GPU, one process for each configuration, and exports each model without its weights.

Needs torch, torchvision, timm and transformers; fetches nothing: models are built from their configurations.
"""

import argparse
import importlib
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

STEPS, IMAGE_SIZE, CLASSES = 4, 224, 1000


@dataclass(frozen=True)
class Configuration:
    """One training: `length` is of a text's tokens, 0 for images. Names are those of Layergauge's options."""

    model: str
    batch: int
    length: int
    optimizer: str
    precision: str

    @property
    def program(self) -> str:
        """The exported model, which optimizer and precision have no part in."""
        return "-".join([self.model, str(self.batch), *([str(self.length)] if self.length else [])])

    @property
    def name(self) -> str:
        return f"{self.program}-{self.optimizer}-{self.precision}"


class Logits(nn.Module):
    """A language model that takes tokens and gives logits."""

    def __init__(self, model: nn.Module, **options: bool) -> None:
        super().__init__()
        self.model = model
        self.options = options

    def forward(self, tokens: Tensor) -> Tensor:
        return self.model(input_ids=tokens, **self.options).logits


def bert() -> nn.Module:
    """BERT base."""
    from transformers import BertConfig, BertForMaskedLM

    return Logits(BertForMaskedLM(BertConfig(attn_implementation="sdpa")))


def gpt2() -> nn.Module:
    """GPT-2, the small one."""
    from transformers import GPT2Config, GPT2LMHeadModel

    return Logits(GPT2LMHeadModel(GPT2Config(attn_implementation="sdpa")), use_cache=False)


def llama() -> nn.Module:
    """A Llama of 12 layers and 768 features, with grouped queries."""
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"hidden_size": 768, "intermediate_size": 2048, "num_hidden_layers": 12}
    heads = {"num_attention_heads": 12, "num_key_value_heads": 4, "attn_implementation": "sdpa"}
    return Logits(LlamaForCausalLM(LlamaConfig(**sizes, **heads)), use_cache=False)


def vision(library: str, name: str) -> Callable[[], nn.Module]:
    """A model of torchvision or timm."""

    def build() -> nn.Module:
        if library == "timm":
            return importlib.import_module("timm").create_model(name, pretrained=False)
        return importlib.import_module("torchvision").models.get_model(name, weights=None)

    return build


TEXT: dict[str, Callable[[], nn.Module]] = {"bert": bert, "gpt2": gpt2, "llama": llama}
TORCHVISION = """
    resnet18 resnet50 mobilenet_v2 efficientnet_b0 vgg16 densenet121 convnext_tiny vit_b_16 swin_t
""".split()
TIMM = ["regnety_032", "vit_small_patch16_224"]
IMAGES = {name: vision("timm" if name in TIMM else "torchvision", name) for name in [*TORCHVISION, *TIMM]}
VOCABULARY = {"bert": 30522, "gpt2": 50257, "llama": 32000}

SGD, ADAMW = "sgd-momentum", "adamw"
PRECISIONS = ("fp32", "amp-bf16")
TRAININGS: list[tuple[str, str, list[int], list[int]]] = [
    ("resnet18", SGD, [32, 128], [0, 0]),
    ("resnet50", SGD, [32, 64], [0, 0]),
    ("resnet50", ADAMW, [64], [0]),
    ("mobilenet_v2", SGD, [64], [0]),
    *((name, SGD, [32], [0]) for name in ("efficientnet_b0", "vgg16", "densenet121", "convnext_tiny", "regnety_032")),
    *((name, ADAMW, [32], [0]) for name in ("vit_b_16", "swin_t", "vit_small_patch16_224")),
    ("bert", ADAMW, [8, 32], [512, 128]),
    ("gpt2", ADAMW, [4, 8], [1024, 512]),
    ("llama", ADAMW, [4, 2], [512, 2048]),
]


def configurations() -> Iterator[Configuration]:
    """Each training in each precision, of each batch with its length."""
    for precision in PRECISIONS:
        for model, optimizer, batches, lengths in TRAININGS:
            for batch, length in zip(batches, lengths, strict=True):
                yield Configuration(model, batch, length, optimizer, precision)


def built(configuration: Configuration) -> nn.Module:
    """The model with random weights, to be trained."""
    return {**IMAGES, **TEXT}[configuration.model]().train()


def batch_of(configuration: Configuration, device: str) -> tuple[Tensor, Tensor]:
    """Inputs and the classes they are of: one for each image, or for each token."""
    batch, length = configuration.batch, configuration.length
    if length == 0:
        images = torch.randn(batch, 3, IMAGE_SIZE, IMAGE_SIZE, device=device)
        return images, torch.randint(CLASSES, (batch,), device=device)
    tokens = torch.randint(VOCABULARY[configuration.model], (batch, length), device=device)
    return tokens, tokens.clone()


def optimizer_of(configuration: Configuration, module: nn.Module) -> torch.optim.Optimizer:
    """PyTorch's defaults, `foreach` among them."""
    if configuration.optimizer == ADAMW:
        return torch.optim.AdamW(module.parameters(), lr=1e-4)
    return torch.optim.SGD(module.parameters(), lr=1e-3, momentum=0.9)


def train(configuration: Configuration, device: str, steps: int = STEPS) -> list[float]:
    """The loop that scripts write; the seconds of each step."""
    module = built(configuration).to(device)
    optimizer = optimizer_of(configuration, module)
    seconds = []
    for _ in range(steps):
        begin = time.perf_counter()
        inputs, targets = batch_of(configuration, device)
        with torch.autocast(device, torch.bfloat16, enabled=configuration.precision == "amp-bf16"):
            outputs = module(inputs)
            loss = functional.cross_entropy(outputs.flatten(0, -2), targets.flatten())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if device == "cuda":
            torch.cuda.synchronize()
        seconds.append(round(time.perf_counter() - begin, 4))
    return seconds


def queried(query: str) -> list[list[str]]:
    """Rows that nvidia-smi prints."""
    command = ["nvidia-smi", f"--query-{query}", "--format=csv,noheader,nounits"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [[cell.strip() for cell in line.split(",")] for line in printed.splitlines() if line.strip()]


def used_mib() -> int:
    """What the GPU has in use, of all processes."""
    return int(queried("gpu=memory.used")[0][0])


def process_bytes(before_mib: int) -> tuple[int, str]:
    """This process's share by its number; in a container, which numbers are others in, what was added since it began."""
    own = [
        int(mib) for pid, mib in queried("compute-apps=pid,used_memory") if int(pid) == os.getpid() and mib.isdigit()
    ]
    mib, how = (own[0], "process") if own else (used_mib() - before_mib, "difference")
    return mib * 1024 * 1024, how


def measured_on_gpu(configuration: Configuration) -> dict[str, Any]:
    """Trains, and reads the allocator and the driver before anything is given back."""
    before_mib = used_mib()
    seconds = train(configuration, "cuda")
    reserved = torch.cuda.max_memory_reserved()
    total, how = process_bytes(before_mib)
    return {
        "allocatedPeakBytes": torch.cuda.max_memory_allocated(),
        "reservedPeakBytes": reserved,
        "processBytes": total,
        "processBytesFrom": how,
        "contextBytes": total - torch.cuda.memory_reserved(),
        "secondsPerStep": seconds,
        "gpu": torch.cuda.get_device_name(),
        "capability": ".".join(map(str, torch.cuda.get_device_capability())),
        "driver": queried("gpu=driver_version")[0][0],
    }


def tried_on_cpu(configuration: Configuration) -> dict[str, Any]:
    """Nothing is measured: one step of a small batch shows that the configuration runs."""
    return {"secondsPerStep": train(replace(configuration, batch=2), "cpu", steps=1)}


def measured(configuration: Configuration, device: str) -> dict[str, Any]:
    """One line of the results."""
    return {
        **{"name": configuration.name, **asdict(configuration), "device": device},
        **(measured_on_gpu(configuration) if device == "cuda" else tried_on_cpu(configuration)),
        "cudnnBenchmark": torch.backends.cudnn.benchmark,
        "allocatorSettings": os.environ.get("PYTORCH_ALLOC_CONF", ""),
        **{"torch": torch.__version__, "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()},
    }


def export(configuration: Configuration, path: Path) -> None:
    """What torch.export.save writes, without the weights: the program, and which of them are tied."""
    inputs, _ = batch_of(configuration, "cpu")
    program = torch.export.export(built(configuration), (inputs,), strict=False)
    whole = io.BytesIO()
    torch.export.save(program, whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            if "/data/" not in name or name.endswith(".json"):
                target.writestr(name, source.read(name), zipfile.ZIP_DEFLATED)


def run(configuration: Configuration, device: str, folder: Path) -> dict[str, Any]:
    """Measures, and exports what was not exported before."""
    line = measured(configuration, device)
    path = folder / f"{configuration.program}.pt2"
    try:
        if not path.exists():
            export(configuration, path)
        return {**line, "program": path.name}
    except Exception as error:  # A measurement is worth keeping without its program.
        return {**line, "exportError": str(error)[:300]}


def in_process(configuration: Configuration, arguments: argparse.Namespace) -> dict[str, Any]:
    """Runs this script for one configuration: only a process that ends gives everything back."""
    command = [
        sys.executable,
        __file__,
        "--device",
        arguments.device,
        "--out",
        arguments.out,
        "--run",
        configuration.name,
    ]
    command += ["--cudnn-benchmark"] if arguments.cudnn_benchmark else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    return {"name": configuration.name, "error": done.stderr.strip().splitlines()[-1:]}


def arguments_of() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--only", default="", help="configurations whose name begins so")
    parser.add_argument("--out", default="measured", help="folder of results.jsonl and the exported models")
    parser.add_argument("--cudnn-benchmark", action="store_true", help="let cuDNN try its algorithms")
    parser.add_argument("--list", action="store_true", help="print the names and do nothing")
    parser.add_argument("--run", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measures what is asked for; what was measured before is measured again, and added."""
    arguments = arguments_of()
    chosen = [each for each in configurations() if each.name.startswith(arguments.only)]
    if arguments.list:
        print("\n".join(each.name for each in chosen))
        return
    folder = Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    if arguments.run:
        torch.backends.cudnn.benchmark = arguments.cudnn_benchmark
        configuration = next(each for each in configurations() if each.name == arguments.run)
        print(json.dumps(run(configuration, arguments.device, folder)))
        return
    for configuration in chosen:
        line = in_process(configuration, arguments)
        print(json.dumps(line), flush=True)
        with open(folder / "results.jsonl", "a", encoding="utf-8") as results:
            results.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
