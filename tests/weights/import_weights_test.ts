// Names, layouts and the first convolution of other libraries' networks.
import assert from "node:assert/strict";
import { parameterCount, weightsOf } from "../../lib/graph/analysis.ts";
import { GraphBuilder } from "../../lib/graph/builder.ts";
import type { InferenceModel } from "../../lib/models/detector_model.ts";
import { inferenceModel } from "../../lib/models/registry.ts";
import { type NdArray, sizeOf } from "../../lib/numbers/nd_array.ts";
import { importWeights } from "../../lib/weights/import_weights.ts";
import { readPytorch } from "../../lib/weights/pytorch.ts";
import { assertAllClose } from "../_support/close.ts";
import { weightFixture } from "./fixtures.ts";

const NOTHING = { missing: [], unexpected: [], misshaped: [] };

const problemsOf = (
  { missing, unexpected, misshaped }: ReturnType<typeof importWeights>,
) => ({ missing, unexpected, misshaped });

const array = (shape: number[], data: number[]): NdArray => ({
  shape,
  data: Float32Array.from(data),
});

const zeros = new Float32Array(3 * 3 * 2048 * 256);
const blank = (shape: number[]): NdArray => ({ shape, data: zeros.subarray(0, sizeOf(shape)) });

/** A convolution of two filters behind the photo, a norm, and a head that no backbone fills. */
function smallModel(kernel: number): InferenceModel {
  const builder = new GraphBuilder().part("backbone");
  const image = builder.add("input", "image", [], { channels: 3 });
  const conv = { kernel, filters: 2, stride: 1, padding: "same", bias: true } as const;
  const x = builder.add("conv", "backbone.conv1", [image], conv);
  const norm = builder.add("batchNorm", "backbone.bn1", [x], { epsilon: 1e-5, momentum: 0.9 });
  const head = builder.part("head").add("conv", "head", [norm], conv);
  const tiny = inferenceModel("tiny");
  return {
    ...tiny,
    graph: builder.finish({ head }),
    input: { ...tiny.input, mean: [0, 0, 0], std: [1, 10, 100] },
  };
}

Deno.test("importWeights() turns PyTorch's [out, in, h, w] into [h, w, in, out], and names roles", () => {
  // The kernel's number tells where it stood: out · 1000 + in · 100 + row · 10 + column.
  const digits = [0, 1].flatMap((o) =>
    [0, 1, 2].flatMap((i) =>
      [0, 1].flatMap((y) => [0, 1].map((x) => 1000 * o + 100 * i + 10 * y + x))
    )
  );
  const { weights, ...result } = importWeights(
    smallModel(2),
    new Map([
      ["conv1.weight", array([2, 3, 2, 2], digits)],
      ["conv1.bias", array([2], [1, 2])],
      ["bn1.weight", array([2], [3, 4])],
      ["bn1.bias", array([2], [5, 6])],
      ["bn1.running_mean", array([2], [7, 8])],
      ["bn1.running_var", array([3], [9, 9, 9])],
      ["bn1.num_batches_tracked", array([], [1])],
      ["layer4.2.conv3.weight", array([1, 1, 1, 1], [0])],
      ["fc.weight", array([1, 1], [0])],
    ]),
  );
  assert.deepEqual(problemsOf({ weights, ...result }), {
    missing: [],
    unexpected: ["backbone.layer4.2.conv3/kernel"],
    misshaped: ["backbone.bn1/moving_variance is [3] and not [2]"],
  });
  assert.deepEqual(result.surplus, ["bn1.num_batches_tracked", "fc.weight"]);
  const { shape, data } = weights.get("backbone.conv1/kernel")!;
  assert.deepEqual(shape, [2, 2, 3, 2]);
  // The model divides photos by 1, 10, 100; torchvision by 255 · (0.229, 0.224, 0.225).
  const scale = [1 / 58.395, 10 / 57.12, 100 / 57.375];
  const expected = [0, 1].flatMap((y) =>
    [0, 1].flatMap((x) =>
      [0, 1, 2].flatMap((i) => [0, 1].map((o) => scale[i]! * (1000 * o + 100 * i + 10 * y + x)))
    )
  );
  assertAllClose(data, expected);
  const rest = ["conv1/bias", "bn1/gamma", "bn1/beta", "bn1/moving_mean"];
  assert.deepEqual(rest.map((name) => [...weights.get(`backbone.${name}`)!.data]), [
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 8],
  ]);
});

Deno.test("importWeights() turns Keras' blue, green and red into red, green and blue", () => {
  const { weights, missing } = importWeights(
    smallModel(1),
    new Map([
      ["conv1_conv/kernel", array([1, 1, 3, 2], [1, 2, 3, 4, 5, 6])],
      ["conv5_block3_3_conv/kernel", blank([1, 1, 1, 1])],
    ]),
  );
  // Red first; the model divides by 1, 10 and 100, Keras by 1.
  assert.deepEqual([...weights.get("backbone.conv1/kernel")!.data], [5, 6, 30, 40, 100, 200]);
  assert.deepEqual(missing, [
    "backbone.conv1/bias",
    ...["gamma", "beta", "moving_mean", "moving_variance"].map((role) => `backbone.bn1/${role}`),
  ]);
});

Deno.test("importWeights() fills TinaFace's backbone from a file of torchvision's ResNet-50", async () => {
  const tensors = await readPytorch(await weightFixture("resnet50.pth"));
  const model = inferenceModel("tinaface", { backboneNorm: "bn", deformable: false });
  const result = importWeights(model, tensors);
  assert.deepEqual(problemsOf(result), NOTHING);
  assert.deepEqual(result.surplus, ["fc.weight", "fc.bias"]);
  assert.deepEqual(result.notes, []);
  // Each tensor of the file is filled with its own number.
  for (
    const [here, there] of [
      ["bn1/moving_variance", "bn1.running_var"],
      ["layer1.0.downsample.0/kernel", "layer1.0.downsample.0.weight"],
      ["layer2.0.downsample.1/gamma", "layer2.0.downsample.1.weight"],
      ["layer3.5.conv2/kernel", "layer3.5.conv2.weight"],
      ["layer4.2.bn3/beta", "layer4.2.bn3.bias"],
    ] as const
  ) {
    const { data } = result.weights.get(`backbone.${here}`)!;
    assert.deepEqual([data[0], data.at(-1)], [tensors.get(there)!.data[0], data[0]], here);
  }

  const grouped = importWeights(inferenceModel("tinaface"), tensors);
  assert.ok(grouped.missing.every((name) => /\.gn\d\/(gamma|beta)$/.test(name)));
  assert.ok(grouped.unexpected.every((name) => /\/moving_|\.bn\d\//.test(name)));
  // 53 convolutions, and scale and shift of 4 shortcuts' norms: what vedadet starts from.
  assert.equal(grouped.weights.size, 53 + 4 * 2);
});

/** Names and shapes of vedadet's TinaFace with batch norm and deformable convolutions. */
function vedadetTensors(): Map<string, NdArray> {
  const tensors = new Map<string, NdArray>();
  const conv = (name: string, filters: number, inputs: number, kernel: number, bias = false) => {
    tensors.set(`${name}.weight`, blank([filters, inputs, kernel, kernel]));
    if (bias) tensors.set(`${name}.bias`, blank([filters]));
  };
  const norm = (name: string, channels: number) => {
    for (const role of ["weight", "bias", "running_mean", "running_var"]) {
      tensors.set(`${name}.${role}`, blank([channels]));
    }
  };
  const module = (name: string, filters: number, inputs: number, kernel: number) => {
    conv(`${name}.conv`, filters, inputs, kernel);
    norm(`${name}.bn`, filters);
  };
  conv("backbone.conv1", 64, 3, 7);
  norm("backbone.bn1", 64);
  let inputs = 64;
  for (const [stage, blocks] of [3, 4, 6, 3].entries()) {
    const width = 64 * 2 ** stage;
    for (let block = 0; block < blocks; block++) {
      const prefix = `backbone.layer${stage + 1}.${block}.`;
      conv(`${prefix}conv1`, width, inputs, 1);
      conv(`${prefix}conv2`, width, width, 3);
      conv(`${prefix}conv3`, 4 * width, width, 1);
      for (const i of [1, 2, 3]) norm(`${prefix}bn${i}`, i === 3 ? 4 * width : width);
      if (stage >= 2) conv(`${prefix}conv2.conv_offset`, 18, width, 3, true);
      if (block === 0) {
        conv(`${prefix}downsample.0`, 4 * width, inputs, 1);
        norm(`${prefix}downsample.1`, 4 * width);
      }
      inputs = 4 * width;
    }
  }
  for (let i = 0; i < 4; i++) module(`neck.0.lateral_convs.${i}`, 256, 256 * 2 ** i, 1);
  for (let i = 0; i < 6; i++) module(`neck.0.fpn_convs.${i}`, 256, i === 4 ? 2048 : 256, 3);
  for (
    const [i, [filters, from]] of [[128, 256], [64, 256], [64, 64], [64, 64], [64, 64]].entries()
  ) {
    module(`neck.1.level_convs.0.${i}`, filters!, from!, 3);
  }
  for (let i = 0; i < 4; i++) {
    for (const tower of ["cls", "reg"]) module(`bbox_head.${tower}_convs.${i}`, 256, 256, 3);
  }
  for (const [name, filters] of [["cls", 3], ["reg", 12], ["iou", 3]] as const) {
    conv(`bbox_head.retina_${name}`, filters, 256, 3, true);
  }
  return tensors;
}

Deno.test("importWeights() fills all of TinaFace from the names of vedadet's checkpoints", () => {
  const settings = { norm: "bn", backboneNorm: "bn", deformable: true };
  const model = inferenceModel("tinaface", settings), tensors = vedadetTensors();
  const result = importWeights(model, tensors);
  assert.deepEqual(problemsOf(result), NOTHING);
  assert.equal(result.weights.size, tensors.size);
  const numbers = [...tensors.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  assert.equal(numbers, parameterCount(model.graph));
});

/** Layers of keras.applications' ResNet50: `resnet.py`, `stack1` and `block1`. */
function kerasResNetLayers(): string[] {
  const layers = ["conv1"];
  for (const [stage, blocks] of [3, 4, 6, 3].entries()) {
    for (let block = 1; block <= blocks; block++) {
      const prefix = `conv${stage + 2}_block${block}_`;
      layers.push(...(block === 1 ? [0, 1, 2, 3] : [1, 2, 3]).map((i) => prefix + i));
    }
  }
  return layers;
}

Deno.test("importWeights() has a place for each layer of Keras' ResNet-50, one each", () => {
  const tensors = new Map(
    kerasResNetLayers().flatMap((layer) => [
      ...["kernel", "bias"].map((role) => `${layer}_conv/${role}`),
      ...["gamma", "beta", "moving_mean", "moving_variance"].map((role) => `${layer}_bn/${role}`),
    ]).map((name) => [name, blank([0])]),
  );
  tensors.set("predictions/kernel", blank([0])).set("probs/bias", blank([0]));
  const model = inferenceModel("tinaface-lite");
  const { missing, unexpected, misshaped, surplus, notes } = importWeights(model, tensors);
  assert.deepEqual({ missing, unexpected }, { missing: [], unexpected: [] });
  const places = weightsOf(model.graph).filter(({ node }) => node.part === "backbone");
  assert.equal(misshaped.length, places.length, "only the shapes are wrong here");
  assert.deepEqual(surplus, ["predictions/kernel", "probs/bias"]);
  assert.equal(notes.length, 1);
});

Deno.test("importWeights() says when photos were normalised otherwise", () => {
  const { notes } = importWeights(
    inferenceModel("tinaface", { backbone: "mobilenet_v2" }),
    new Map([["block_16_project/kernel", blank([1, 1, 1, 1])]]),
  );
  assert.deepEqual(notes, [
    "Keras MobileNetV2 was trained on pixels less 127.5, 127.5, 127.5, " +
    "this model subtracts 123.675, 116.28, 103.53: fine-tune it",
  ]);
});

Deno.test("importWeights() refuses a network that it does not know", () => {
  assert.throws(
    () => importWeights(inferenceModel("tiny"), new Map([["block1_conv1/bias", blank([4])]])),
    {
      name: "RangeError",
      message: /^Cannot import weights: a file that begins with "block1_conv1\/bias" is none of /,
    },
  );
  assert.throws(() => importWeights(inferenceModel("tiny"), new Map()), {
    name: "RangeError",
    message: /begins with "nothing"/,
  });
});
