#!/usr/bin/env python3
"""steps [FILE.csv]: how long the steps of an engine take on this machine's GPU, for the time model to be checked by.

A decoder of the shape of Llama 3.1 8B with random weights, its linear layers, attention, KV cache and output layer, run as
an engine would: prompts in one chunk, decoding as a replayed graph, and both in one step; weights in bf16, then in fp8, the
KV cache in bf16. No scheduler, no sampling but the greatest. README.md beside this file says what the columns are. Needs
PyTorch and one GPU; TINY=1 runs it on any CPU.
"""
import csv
import os
import sys
import time

import torch
import torch.nn.functional as F
from torch.nn.attention.bias import causal_lower_right

TINY = bool(os.environ.get("TINY"))
LAYERS, HIDDEN, INNER, HEADS, KV_HEADS, WIDTH, VOCABULARY = (
    (2, 256, 512, 8, 2, 32, 1000) if TINY else (32, 4096, 14336, 32, 8, 128, 128256)
)
DEVICE = "cpu" if TINY else "cuda"
TYPE = torch.bfloat16
SECONDS = float(os.environ.get("SECONDS_AT_MOST", "420"))


def weights(*shape):
    return torch.randn(*shape, device=DEVICE, dtype=TYPE).mul_(0.02)


def fused(function):
    """Elementwise work costs one pass over memory in an engine, and so it does here."""
    return function if TINY else torch.compile(function, dynamic=True)


@fused
def in_eight_bits(x):
    return (x.float() * 16).clamp(-448, 448).to(torch.float8_e4m3fn)


class Linear:
    """x times the weights, in the type that the weights have; one scale for all, as a static quantisation has."""

    def __init__(self, out, width, fp8):
        self.weight = weights(out, width)
        self.fp8 = fp8
        if fp8:
            self.weight = in_eight_bits(self.weight)
            self.scale = torch.tensor(1 / 16.0, device=DEVICE)

    def __call__(self, x):
        if not self.fp8:
            return F.linear(x, self.weight)
        return torch._scaled_mm(
            in_eight_bits(x), self.weight.t(), scale_a=self.scale, scale_b=self.scale, out_dtype=TYPE, use_fast_accum=True
        )


class Layer:
    def __init__(self, fp8):
        self.qkv = Linear((HEADS + 2 * KV_HEADS) * WIDTH, HIDDEN, fp8)
        self.out = Linear(HIDDEN, HEADS * WIDTH, fp8)
        self.up = Linear(2 * INNER, HIDDEN, fp8)
        self.down = Linear(HIDDEN, INNER, fp8)
        self.norms = torch.ones(2, HIDDEN, device=DEVICE, dtype=TYPE)


@fused
def normed(x, weight):
    return F.rms_norm(x, (HIDDEN,), weight)


@fused
def gated(x):
    gate, up = x.chunk(2, dim=-1)
    return F.silu(gate) * up


@fused
def merged(outs, sums):
    """Attention over all of a context from that over its parts, by the logarithms of their sums."""
    return (outs * F.softmax(sums, dim=1).unsqueeze(-1)).sum(dim=1).to(TYPE)


@fused
def rotated(x, cos, sin):
    one, two = x.chunk(2, dim=-1)
    return torch.cat((one * cos - two * sin, two * cos + one * sin), dim=-1)


class Step:
    """One step's work: sequences that decode with so much context each, and a chunk of one prompt behind its cached part."""

    def __init__(self, layers, table, decoding, context, chunk, cached):
        self.layers, self.table = layers, table
        self.decoding, self.context, self.chunk, self.cached = decoding, context, chunk, cached
        n = decoding + chunk
        self.x = weights(n, HIDDEN) * 50
        angle = torch.rand(n, 1, WIDTH // 2, device=DEVICE)
        self.cos, self.sin = angle.cos().to(TYPE), angle.sin().to(TYPE)
        cache = lambda count, length: torch.randn(count, KV_HEADS, length, WIDTH, device=DEVICE, dtype=TYPE)
        # few sequences with much context are read by all of the GPU, as engines do
        self.parts = 1
        while decoding and decoding * KV_HEADS * self.parts < 256 and context // self.parts > 256:
            self.parts *= 2
        # each layer its own: a cache that stays in L2 would be no cache of an engine
        held = decoding * self.parts, context // self.parts
        self.held = [(cache(*held), cache(*held)) for _ in layers] if decoding else None
        self.prompt = [(cache(1, cached + chunk), cache(1, cached + chunk)) for _ in layers] if chunk else None

    def attention(self, i, q, k, v):
        b, outs = self.decoding, []
        if b:
            keys, values = self.held[i]
            keys[self.parts - 1 :: self.parts, :, -1] = k[:b]
            values[self.parts - 1 :: self.parts, :, -1] = v[:b]
            queries = q[:b].view(b, KV_HEADS, HEADS // KV_HEADS, WIDTH)
            if self.parts == 1:
                outs.append(F.scaled_dot_product_attention(queries, keys, values).reshape(b, HEADS * WIDTH))
            else:
                queries = queries.repeat_interleave(self.parts, dim=0)
                out, sums = torch.ops.aten._scaled_dot_product_cudnn_attention(queries, keys, values, None, True)[:2]
                out = out.reshape(b, self.parts, HEADS, WIDTH)
                outs.append(merged(out, sums.reshape(b, self.parts, HEADS)).reshape(b, HEADS * WIDTH))
        if self.chunk:
            keys, values = self.prompt[i]
            keys[0, :, self.cached :] = k[b:].transpose(0, 1)
            values[0, :, self.cached :] = v[b:].transpose(0, 1)
            queries = q[b:].transpose(0, 1).unsqueeze(0)
            mask = causal_lower_right(self.chunk, self.cached + self.chunk)
            out = F.scaled_dot_product_attention(
                queries, keys, values, attn_mask=mask if self.cached else None, is_causal=not self.cached, enable_gqa=True
            )
            outs.append(out.squeeze(0).transpose(0, 1).reshape(self.chunk, HEADS * WIDTH))
        return outs[0] if len(outs) == 1 else torch.cat(outs)

    def run(self):
        x, n = self.x, self.decoding + self.chunk
        for i, layer in enumerate(self.layers):
            q, k, v = layer.qkv(normed(x, layer.norms[0])).split(
                (HEADS * WIDTH, KV_HEADS * WIDTH, KV_HEADS * WIDTH), dim=-1
            )
            q = rotated(q.view(n, HEADS, WIDTH), self.cos, self.sin)
            k = rotated(k.view(n, KV_HEADS, WIDTH), self.cos, self.sin)
            x = x + layer.out(self.attention(i, q, k, v.view(n, KV_HEADS, WIDTH)))
            x = x + layer.down(gated(layer.up(normed(x, layer.norms[1]))))
        ends = x if not self.chunk else x[: self.decoding + 1]
        return F.linear(ends, self.table).argmax(dim=-1)


def milliseconds(step):
    """The median of repeated runs, replayed from a graph where one can be made, as engines do for small steps."""
    with torch.no_grad():
        for _ in range(3):
            step.run()
        if TINY:
            begun = time.perf_counter()
            step.run()
            return (time.perf_counter() - begun) * 1e3
        torch.cuda.synchronize()
        call = step.run
        if step.chunk <= 2048:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                step.run()
            call = graph.replay
            call()
        times = []
        begun = time.perf_counter()
        while len(times) < 5 or (len(times) < 30 and time.perf_counter() - begun < 1.5):
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            call()
            end.record()
            torch.cuda.synchronize()
            times.append(start.elapsed_time(end))
        return sorted(times)[len(times) // 2]


def shapes():
    if TINY:
        return [(0, 0, 16, 0), (0, 0, 16, 32), (4, 64, 0, 0), (4, 64, 16, 0)]
    prompts = [(0, 0, n, 0) for n in (128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)]
    behind = [(0, 0, n, cached) for n, cached in ((512, 8192), (2048, 8192), (2048, 32768), (2048, 98304), (8192, 32768))]
    decoding = [(n, c, 0, 0) for c in (512, 2048, 8192) for n in (1, 2, 4, 8, 16, 32, 64, 128, 256)]
    decoding += [(n, 32768, 0, 0) for n in (1, 4, 8, 16)]
    mixed = [(n, 2048, chunk, 0) for n in (8, 64, 192) for chunk in (256, 512, 1024, 2048, 4096, 8192)]
    mixed += [(64, 2048, 2048, 32768), (64, 8192, 2048, 0)]
    if os.environ.get("ONLY") == "decoding":
        return [shape for shape in decoding if shape[0] <= 16]
    return prompts + behind + decoding + mixed


def main():
    out = open(sys.argv[1], "w", newline="") if len(sys.argv) > 1 else sys.stdout
    name = "cpu" if TINY else torch.cuda.get_device_name()
    out.write(f"# {name}, PyTorch {torch.__version__}; a decoder of the shape of Llama 3.1 8B\n")
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("weights", "decoding", "context", "chunk", "cached", "ms"))
    per_token = 2 * 2 * LAYERS * KV_HEADS * WIDTH
    for precision in ("bf16",) if TINY else ("bf16", "fp8"):
        layers = [Layer(precision == "fp8") for _ in range(LAYERS)]
        table = weights(VOCABULARY, HIDDEN)
        begun = time.perf_counter()
        for decoding, context, chunk, cached in shapes():
            if not TINY and per_token * (decoding * context + chunk + cached) > torch.cuda.mem_get_info()[0] - 12e9:
                continue
            if time.perf_counter() - begun > SECONDS:
                break
            try:
                ms = milliseconds(Step(layers, table, decoding, context, chunk, cached))
                rows.writerow((precision, decoding, context, chunk, cached, f"{ms:.3f}"))
            except RuntimeError as error:
                print(f"left out {precision, decoding, context, chunk, cached}: {str(error)[:300]}", file=sys.stderr)
            out.flush()
            if not TINY:
                torch.cuda.empty_cache()
        del layers, table


main()
