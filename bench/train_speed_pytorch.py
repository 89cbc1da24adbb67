"""The training step of bench/train_speed.ts in PyTorch: MobileNetV2, alpha 0.35, with tiny's head,
224x224, forward, backward and SGD with momentum, on the CPU.

    apt-get install python3-torch
    python3 bench/train_speed_pytorch.py [--batch 16] [--steps 10] [--threads 1,2]
"""

import argparse
import os
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

# Expansion factor, channels, repetitions, stride (arXiv 1801.04381, table 2).
STAGES = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
]


def width(channels, alpha):
    """Rounded to a multiple of 8, never more than 10 % down."""
    scaled = channels * alpha
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


def convolution(inputs, outputs, kernel, stride, groups=1):
    padding = (kernel - 1) // 2
    return nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)


class Block(nn.Module):
    def __init__(self, inputs, outputs, expansion, stride):
        super().__init__()
        inner = inputs * expansion
        layers = []
        if expansion != 1:
            layers += [convolution(inputs, inner, 1, 1), nn.BatchNorm2d(inner), nn.ReLU6(True)]
        layers += [
            convolution(inner, inner, 3, stride, groups=inner),
            nn.BatchNorm2d(inner),
            nn.ReLU6(True),
            convolution(inner, outputs, 1, 1),
            nn.BatchNorm2d(outputs),
        ]
        self.layers = nn.Sequential(*layers)
        self.is_residual = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.layers(x) if self.is_residual else self.layers(x)


def tiny(alpha):
    channels = width(32, alpha)
    layers = [convolution(3, channels, 3, 2), nn.BatchNorm2d(channels), nn.ReLU6(True)]
    for expansion, outputs, repeats, first_stride in STAGES:
        for i in range(repeats):
            layers.append(Block(channels, width(outputs, alpha), expansion, first_stride if i == 0 else 1))
            channels = width(outputs, alpha)
    layers += [
        nn.Conv2d(channels, 240, 3, padding=1),
        nn.ReLU(),
        nn.BatchNorm2d(240),
        nn.ReLU(),
        nn.Conv2d(240, 5, 1),
        nn.Sigmoid(),
    ]
    return nn.Sequential(*layers)


def loss_of(grid, target):
    face = target[:, 4]
    cross_entropy = F.binary_cross_entropy(grid[:, 4], face, reduction="sum")
    squared = ((grid[:, :4] - target[:, :4]).square().sum(1) * face).sum()
    return (cross_entropy + squared) / len(grid)


def measure(threads, batch, steps, channels_last):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = tiny(0.35).train().to(memory_format=layout)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9)
    images = (torch.rand(batch, 3, 224, 224) * 2 - 1).to(memory_format=layout)
    target = torch.zeros(batch, 5, 7, 7)
    target[:, :, 3, 3] = torch.tensor([0.4, 0.4, 0.5, 0.5, 1.0])
    times = []
    for _ in range(steps + 2):
        start = time.perf_counter()
        optimizer.zero_grad()
        loss = loss_of(model(images), target)
        loss.backward()
        optimizer.step()
        loss.item()
        times.append(time.perf_counter() - start)
    times = sorted(times[2:])
    layout_name = "channels last" if channels_last else "channels first"
    print(
        f"{threads} threads, {layout_name}: median {batch / statistics.median(times):.1f} photos/s, "
        f"fastest {batch / times[0]:.1f}, slowest {batch / times[-1]:.1f}"
    )


parser = argparse.ArgumentParser()
parser.add_argument("--batch", type=int, default=16)
parser.add_argument("--steps", type=int, default=10)
parser.add_argument("--threads", default=f"1,{os.cpu_count()}")
options = parser.parse_args()
print(f"PyTorch {torch.__version__}, tiny, batch {options.batch}")
for count in dict.fromkeys(map(int, options.threads.split(","))):
    for channels_last in (False, True):
        measure(count, options.batch, options.steps, channels_last)
