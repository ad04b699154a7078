"""Asks a PyTorch model about directories as Pando writes and reads them.

  python peer.py logits MODEL IDS OUT    loads the directory MODEL; float32 logits of the tokens in IDS (int32) to OUT
  python peer.py write MODEL LAYOUT DTYPE SHARDS IDS OUT
                                         writes a model of random weights to MODEL, and its logits as above

The folder of internlm2_ref.py must be on PYTHONPATH. Safetensors are read and written by hand, so that no code is
shared with the other side.
"""
import json
import os
import struct
import sys

import numpy as np
import torch

from internlm2_ref import Config, InternLM2

DTYPES = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
NAMES = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}


def read_file(path):
    with open(path, "rb") as source:
        raw = source.read()
    (size,) = struct.unpack_from("<Q", raw)
    tensors = {}
    for name, entry in json.loads(raw[8:8 + size]).items():
        if name != "__metadata__":
            begin, end = (8 + size + at for at in entry["data_offsets"])
            flat = torch.frombuffer(bytearray(raw[begin:end]), dtype=DTYPES[entry["dtype"]])
            tensors[name] = flat.reshape(entry["shape"])
    return tensors


def write_file(path, tensors, dtype):
    header, blobs, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in tensors.items():
        data = tensor.to(DTYPES[dtype]).contiguous().view(torch.uint8).numpy().tobytes()
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [at, at + len(data)]}
        blobs.append(data)
        at += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def read(folder):
    index = os.path.join(folder, "model.safetensors.index.json")
    if not os.path.exists(index):
        return read_file(os.path.join(folder, "model.safetensors"))
    with open(index) as source:
        weight_map = json.load(source)["weight_map"]
    tensors = {}
    for file in sorted(set(weight_map.values())):
        tensors |= read_file(os.path.join(folder, file))
    assert tensors.keys() == weight_map.keys(), "index and files differ"
    return tensors


def config_of(folder):
    with open(os.path.join(folder, "config.json")) as source:
        c = json.load(source)
    return c["model_type"], Config(
        c["vocab_size"], c["hidden_size"], c["num_hidden_layers"], c["num_attention_heads"], c["num_key_value_heads"],
        c["intermediate_size"], c["rope_theta"], c["rms_norm_eps"])


LLAMA = {"attention_norm": "input_layernorm", "attention.wo": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
         "feed_forward.w1": "mlp.gate_proj", "feed_forward.w3": "mlp.up_proj", "feed_forward.w2": "mlp.down_proj"}


def llama_name(name):
    whole = {"model.tok_embeddings.weight": "model.embed_tokens.weight", "output.weight": "lm_head.weight"}
    if name in whole:
        return whole[name]
    for ours, theirs in LLAMA.items():
        name = name.replace(ours + ".", theirs + ".")
    return name


def split(fused, cfg):
    """(q, k, v) of wqkv, whose rows are, key head by key head, g query heads, a key and a value."""
    g, d = cfg.num_heads // cfg.num_kv_heads, cfg.head_dim
    groups = fused.reshape(cfg.num_kv_heads, g + 2, d, -1)
    width = fused.shape[1]
    return groups[:, :g].reshape(-1, width), groups[:, g].reshape(-1, width), groups[:, g + 1].reshape(-1, width)


def join(q, k, v, cfg):
    g, d, width = cfg.num_heads // cfg.num_kv_heads, cfg.head_dim, q.shape[1]
    parts = [q.reshape(-1, g, d, width), k.reshape(-1, 1, d, width), v.reshape(-1, 1, d, width)]
    return torch.cat(parts, dim=1).reshape(-1, width)


def to_llama(state, cfg):
    out = {}
    for name, tensor in state.items():
        if "wqkv" in name:
            layer = name.split("attention.")[0] + "self_attn."
            for part, rows in zip("qkv", split(tensor, cfg)):
                out[f"{layer}{part}_proj.weight"] = rows
        else:
            out[llama_name(name)] = tensor
    return out


def from_llama(tensors, names, cfg):
    out = {}
    for name in names:
        if "wqkv" in name:
            layer = name.split("attention.")[0] + "self_attn."
            out[name] = join(*(tensors[f"{layer}{part}_proj.weight"] for part in "qkv"), cfg)
        else:
            out[name] = tensors[llama_name(name)]
    return out


def logits(model, ids_file, out_file):
    ids = torch.from_numpy(np.fromfile(ids_file, dtype="<i4").astype(np.int64))[None]
    with torch.no_grad():
        model.eval()(ids)[0].to(torch.float32).numpy().astype("<f4").tofile(out_file)


def main(what, folder, *rest):
    if what == "logits":
        kind, cfg = config_of(folder)
        model = InternLM2(cfg)
        tensors = {name: tensor.float() for name, tensor in read(folder).items()}
        names = model.state_dict().keys()
        if kind == "llama":
            tensors = from_llama(tensors, names, cfg)
        model.load_state_dict(tensors, strict=True)
        logits(model, *rest)
        return
    layout, dtype, shards, ids_file, out_file = rest
    torch.manual_seed(7)
    cfg = Config(61, 24, 3, 6, 2, 34, 1e4, 1e-5)
    model = InternLM2(cfg)
    for parameter in model.parameters():  # numbers that the precision holds, norms too
        parameter.data = (parameter.data + 0.05 * torch.randn_like(parameter)).to(DTYPES[dtype]).float()
    state = dict(model.state_dict())
    if layout == "llama":
        state = to_llama(state, cfg)
    os.makedirs(folder)
    names, count = sorted(state), int(shards)
    weight_map = {}
    for n in range(count):
        file = "model.safetensors" if count == 1 else f"model-{n + 1:05d}-of-{count:05d}.safetensors"
        chosen = {name: state[name] for name in names[n::count]}
        write_file(os.path.join(folder, file), chosen, dtype)
        weight_map |= {name: file for name in chosen}
    if count > 1:
        size = sum(tensor.numel() for tensor in state.values()) * (4 if dtype == "F32" else 2)
        with open(os.path.join(folder, "model.safetensors.index.json"), "w") as out:
            json.dump({"metadata": {"total_size": size}, "weight_map": weight_map}, out)
    with open(os.path.join(folder, "config.json"), "w") as out:
        json.dump({
            "model_type": layout, "vocab_size": cfg.vocab_size, "hidden_size": cfg.hidden_size,
            "num_hidden_layers": cfg.num_layers, "num_attention_heads": cfg.num_heads,
            "num_key_value_heads": cfg.num_kv_heads, "intermediate_size": cfg.intermediate_size, "hidden_act": "silu",
            "rope_theta": cfg.rope_theta, "rms_norm_eps": cfg.rms_norm_eps, "torch_dtype": NAMES[dtype]}, out)
    logits(model, ids_file, out_file)


if __name__ == "__main__":
    main(*sys.argv[1:])
