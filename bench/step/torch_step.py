"""The peer of bench/step/run: training steps of the same InternLM2, from the same weights, on the same tokens, in PyTorch.

    torch_step.py FOLDER THREADS [--compile]

FOLDER holds what Pando has written: work.json (the model's sizes, the recipe, the names and shapes of the tensors),
weights.f32 and tokens.i32. A line "N" on stdin asks for N steps and is answered by a line of JSON with the seconds and
the loss of each; the end of stdin ends the process. Float32 on the CPU.
"""

import json
import os
import sys
import time
from pathlib import Path

folder, threads, compiled = Path(sys.argv[1]), int(sys.argv[2]), "--compile" in sys.argv[3:]
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(threads)  # read when torch is loaded

import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

work = json.loads((folder / "work.json").read_text())
size, recipe = work["model"], work["recipe"]
hidden, heads, kv_heads = size["hidden"], size["heads"], size["kvHeads"]
head, queries = hidden // heads, heads // kv_heads


def linear(inputs, outputs):
    return nn.Linear(inputs, outputs, bias=False)


def norm():
    return nn.RMSNorm(hidden, eps=size["normEpsilon"])


def turn(x, cos, sin):
    """Rotary embedding of [B, heads, T, D]: lane i turns with lane i + D/2."""
    left, right = x.split(head // 2, dim=-1)
    return torch.cat((left * cos - right * sin, right * cos + left * sin), dim=-1)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.wqkv = linear(hidden, kv_heads * (queries + 2) * head)
        self.wo = linear(hidden, hidden)

    def forward(self, x, cos, sin):
        b, t, _ = x.shape
        # a group of rows is its queries, their key, their value
        groups = self.wqkv(x).view(b, t, kv_heads, queries + 2, head)
        q, k, v = groups.split((queries, 1, 1), dim=3)
        q, k, v = (part.flatten(2, 3).transpose(1, 2) for part in (q, k, v))
        seen = F.scaled_dot_product_attention(
            turn(q, cos, sin), turn(k, cos, sin), v, is_causal=True, enable_gqa=queries > 1
        )
        return self.wo(seen.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.w1 = linear(hidden, size["intermediate"])
        self.w3 = linear(hidden, size["intermediate"])
        self.w2 = linear(size["intermediate"], hidden)

    def forward(self, x):
        return self.w2(F.silu(self.w1(x)) * self.w3(x))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention, self.feed_forward = Attention(), FeedForward()
        self.attention_norm, self.ffn_norm = norm(), norm()

    def forward(self, x, cos, sin):
        x = x + self.attention(self.attention_norm(x), cos, sin)
        return x + self.feed_forward(self.ffn_norm(x))


class InternLM2(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Module()
        self.model.tok_embeddings = nn.Embedding(size["vocabulary"], hidden)
        self.model.layers = nn.ModuleList(Layer() for _ in range(size["layers"]))
        self.model.norm = norm()
        self.output = linear(hidden, size["vocabulary"])
        speed = size["ropeTheta"] ** (-torch.arange(0, head, 2, dtype=torch.float64) / head)
        angle = torch.arange(work["length"], dtype=torch.float64)[:, None] * speed
        self.register_buffer("cos", angle.cos().float(), persistent=False)
        self.register_buffer("sin", angle.sin().float(), persistent=False)

    def forward(self, ids, labels):
        x = self.model.tok_embeddings(ids)
        for layer in self.model.layers:
            x = layer(x, self.cos, self.sin)
        logits = self.output(self.model.norm(x))
        return F.cross_entropy(logits.flatten(0, 1), labels.flatten())


def weights():
    flat = torch.from_file(str(folder / "weights.f32"), size=(folder / "weights.f32").stat().st_size // 4)
    at, tensors = 0, {}
    for tensor in work["tensors"]:
        shape = torch.Size(tensor["shape"])
        tensors[tensor["name"]] = flat[at : at + shape.numel()].view(shape)
        at += shape.numel()
    return tensors


torch.set_num_threads(threads)
model = InternLM2()
model.load_state_dict(weights())
optimizer = torch.optim.AdamW(
    model.parameters(),
    lr=recipe["learningRate"],
    betas=(recipe["beta1"], recipe["beta2"]),
    eps=recipe["epsilon"],
    weight_decay=recipe["weightDecay"],
    fused=True,
)
rows, length = work["rows"], work["length"]
tokens = torch.from_file(str(folder / "tokens.i32"), size=rows * (length + 1), dtype=torch.int32)
tokens = tokens.view(rows, length + 1).long()
ids, labels = tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()
loss_of = torch.compile(model, dynamic=False) if compiled else model


def step():
    begin = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    loss = loss_of(ids, labels)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), recipe["maxGradientNorm"])
    optimizer.step()
    return time.perf_counter() - begin, loss.item()


print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
for line in sys.stdin:
    seconds, losses = zip(*(step() for _ in range(int(line))))
    print(json.dumps({"seconds": seconds, "losses": losses}), flush=True)
