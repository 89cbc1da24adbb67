# Values and gradients that PyTorch 1.13 and torchvision 0.14 compute, for torch_test.ts.
#     apt-get install python3-torchvision; python3 torch_values.py > torch_values.json
# Every input is sin(0), sin(1), …, every gradient that comes in is cos(0), cos(1), … (NHWC order).
import json, torch, torchvision
from torch.nn import functional as F

def wave(f, *shape):
    n = torch.Size(shape).numel()
    return f(torch.arange(n, dtype=torch.float64)).reshape(shape).requires_grad_()

nchw = lambda t: t.permute(0, 3, 1, 2)
nhwc = lambda t: t.permute(0, 2, 3, 1)
flat = lambda t: [round(v, 6) for v in t.detach().flatten().tolist()]
results = {}

def case(name, f, *inputs):
    y = nhwc(f(*inputs))
    y.backward(wave(torch.cos, *y.shape).detach())
    results[name] = {"shape": list(y.shape), "value": flat(y), "gradients": [flat(x.grad) for x in inputs]}

def deform(stride, padding):
    return lambda x, offsets, kernel: torchvision.ops.deform_conv2d(
        nchw(x), nchw(2 * offsets), kernel.permute(3, 2, 0, 1), stride=stride, padding=padding)

s = torch.sin
case("deform", deform(1, 1), wave(s, 2, 4, 3, 2), wave(s, 2, 4, 3, 18), wave(s, 3, 3, 2, 2))
case("deform strided", deform(2, 1), wave(s, 1, 5, 6, 2), wave(s, 1, 3, 3, 18), wave(s, 3, 3, 2, 2))
for size in [[6, 4], [5, 7], [2, 2]]:
    case(f"bilinear {size}", lambda x: F.interpolate(nchw(x), size, mode="bilinear", align_corners=False),
         wave(s, 2, 3, 4, 1))
    case(f"nearest {size}", lambda x: F.interpolate(nchw(x), size, mode="nearest-exact"), wave(s, 2, 3, 4, 1))
case("max pool", lambda x: F.max_pool2d(nchw(x), 3, 2, 1), wave(s, 2, 5, 4, 2))
case("group norm", lambda x, g, b: F.group_norm(nchw(x), 2, g, b, 1e-5),
     wave(s, 2, 2, 3, 4), wave(s, 4), wave(s, 4))
print(json.dumps(results, separators=(",", ":")))
