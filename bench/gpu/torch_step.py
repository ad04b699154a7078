"""The peer of bench/gpu/run: training steps of the same InternLM2 shape in PyTorch on the same GPU.

    torch_step.py WORK [--compile]

WORK is JSON: model (the sizes), rows, length. Bfloat16 weights for the model, float32 ones for AdamW; flash attention;
the head 512 rows at a time. Prints one line of JSON; exits without one where there is no PyTorch that sees a GPU.
"""

import json
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

if not torch.cuda.is_available():
    sys.exit(1)
work, compiled = json.loads(sys.argv[1]), "--compile" in sys.argv[2:]
size, rows, length = work["model"], work["rows"], work["length"]
hidden, heads, kv_heads = size["hidden"], size["heads"], size["kvHeads"]
head, queries = hidden // heads, heads // kv_heads


def turn(x, cos, sin):
    left, right = x.split(head // 2, dim=-1)
    return torch.cat((left * cos - right * sin, right * cos + left * sin), dim=-1)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.wqkv = nn.Linear(hidden, kv_heads * (queries + 2) * head, bias=False)
        self.wo = nn.Linear(hidden, hidden, bias=False)
        self.w1 = nn.Linear(hidden, size["intermediate"], bias=False)
        self.w3 = nn.Linear(hidden, size["intermediate"], bias=False)
        self.w2 = nn.Linear(size["intermediate"], hidden, bias=False)
        self.attention_norm = nn.RMSNorm(hidden, eps=size["normEpsilon"])
        self.ffn_norm = nn.RMSNorm(hidden, eps=size["normEpsilon"])

    def forward(self, x, cos, sin):
        groups = self.wqkv(self.attention_norm(x)).view(rows, length, kv_heads, queries + 2, head)
        q, k, v = groups.split((queries, 1, 1), dim=3)
        q, k, v = (part.flatten(2, 3).transpose(1, 2) for part in (q, k, v))
        seen = F.scaled_dot_product_attention(
            turn(q, cos, sin), turn(k, cos, sin), v, is_causal=True, enable_gqa=queries > 1
        )
        x = x + self.wo(seen.transpose(1, 2).flatten(2))
        h = self.ffn_norm(x)
        return x + self.w2(F.silu(self.w1(h)) * self.w3(h))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(size["vocabulary"], hidden)
        self.layers = nn.ModuleList(Layer() for _ in range(size["layers"]))
        self.norm = nn.RMSNorm(hidden, eps=size["normEpsilon"])
        self.output = nn.Linear(hidden, size["vocabulary"], bias=False)
        speed = size["ropeTheta"] ** (-torch.arange(0, head, 2, dtype=torch.float64) / head)
        angle = torch.arange(length, dtype=torch.float64)[:, None] * speed
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())

    def loss(self, h, labels):
        return F.cross_entropy(self.output(h).float(), labels, reduction="sum")

    def forward(self, ids, labels):
        x = self.embedding(ids)
        for layer in self.layers:
            x = layer(x, self.cos, self.sin)
        parts = zip(self.norm(x).flatten(0, 1).split(512), labels.flatten().split(512))
        return sum(checkpoint(self.loss, h, y, use_reentrant=False) for h, y in parts) / labels.numel()


torch.manual_seed(0)
with torch.device("cuda"):
    model = Model().bfloat16()
    tokens = torch.randint(size["vocabulary"], (rows, length + 1))
ids, labels = tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()
low = list(model.parameters())
master = [p.detach().float().requires_grad_() for p in low]
optimizer = torch.optim.AdamW(master, lr=3e-4, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1, fused=True)
loss_of = torch.compile(model, dynamic=False) if compiled else model


def step():
    begin = time.perf_counter()
    loss = loss_of(ids, labels)
    loss.backward()
    norm = torch.stack(torch._foreach_norm([p.grad for p in low], 2, dtype=torch.float32)).norm()
    scale = (1.0 / (norm + 1e-6)).clamp(max=1.0)
    for p, m in zip(low, master):
        m.grad = p.grad.float().mul_(scale)
        p.grad = None
    optimizer.step()
    with torch.no_grad():
        torch._foreach_copy_(low, master)
    optimizer.zero_grad(set_to_none=True)
    torch.cuda.synchronize()
    return time.perf_counter() - begin


for _ in range(3):
    step()
seconds = [step() for _ in range(15)]
print(
    json.dumps(
        {
            "version": torch.__version__,
            "tokens_per_second": rows * length / statistics.median(seconds),
            "seconds": seconds,
            "bytes": torch.cuda.max_memory_allocated(),
        }
    )
)
