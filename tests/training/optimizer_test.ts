import assert from "node:assert/strict";
import { selectDevice } from "../../lib/backends/device.ts";
import { tf } from "../../lib/deps/tfjs.ts";
import type { NdArray } from "../../lib/numbers/nd_array.ts";
import {
  createOptimizer,
  type Optimizer,
  type OptimizerSpec,
  type RuleSpec,
} from "../../lib/training/optimizer.ts";
import { eachBackend } from "../_support/backends.ts";
import { assertAllClose } from "../_support/close.ts";
import { expectNoTensorLeak } from "../_support/leaks.ts";

const sgdRule = { kind: "sgd", momentum: 0.9, nesterov: false } as const;
const adamRule = { kind: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;

function spec(rule: RuleSpec, options: Partial<OptimizerSpec> = {}): OptimizerSpec {
  return { rule, weightDecay: 0, clipNorm: null, ...options };
}

/** A variable of its own, which the test disposes. */
function variable(values: ArrayLike<number>): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(values))));
}

/** Runs steps on one variable "w" and gives its values after each. */
async function trace(
  optimizer: Optimizer,
  w: tf.Variable,
  steps: readonly { gradient: number[]; rate: number }[],
): Promise<number[][]> {
  const values: number[][] = [];
  for (const { gradient, rate } of steps) {
    const g = tf.tensor(gradient);
    optimizer.apply({ w: g }, rate);
    g.dispose();
    values.push([...await w.data()]);
  }
  return values;
}

async function traceOf(
  own: OptimizerSpec,
  steps: readonly { gradient: number[]; rate: number }[],
  start = [1, 2],
): Promise<number[][]> {
  const w = variable(start);
  const optimizer = createOptimizer(own, new Map([["w", w]]), new Set(["w"]));
  const values = await trace(optimizer, w, steps);
  optimizer.dispose();
  w.dispose();
  return values;
}

const twoSteps = [{ gradient: [1, -2], rate: 0.1 }, { gradient: [0.5, 1], rate: 0.01 }];

// By hand: v = g; w = w − 0.1·v; then v = 0.9·v + g, w = w − 0.01·v.
eachBackend("createOptimizer() makes the hand-computed steps of SGD", async () => {
  const plain = await traceOf(spec({ ...sgdRule, momentum: 0 }), twoSteps);
  assertAllClose(plain.flat(), [0.9, 2.2, 0.895, 2.19]);
  const momentum = await traceOf(spec(sgdRule), twoSteps);
  assertAllClose(momentum.flat(), [0.9, 2.2, 0.9 - 0.014, 2.2 + 0.008]);
  const nesterov = await traceOf(spec({ ...sgdRule, nesterov: true }), twoSteps);
  assertAllClose(nesterov.flat(), [
    1 - 0.1 * 1.9,
    2 + 0.1 * 3.8,
    0.81 - 0.01 * (0.5 + 0.9 * 1.4),
    2.38 - 0.01 * (1 + 0.9 * -0.8),
  ]);
});

// By hand: m̂ = g and v̂ = g² after the first step, so w moves by the rate against the sign of g.
// Second step: m = 0.09·g₁ + 0.1·g₂, m̂ = m/0.19; v = 0.000999·g₁² + 0.001·g₂², v̂ = v/0.001999.
eachBackend("createOptimizer() makes the hand-computed steps of Adam", async () => {
  const second = (g1: number, g2: number) =>
    0.01 * ((0.09 * g1 + 0.1 * g2) / 0.19) /
    Math.sqrt((0.000999 * g1 * g1 + 0.001 * g2 * g2) / 0.001999);
  const values = await traceOf(spec(adamRule), twoSteps);
  assertAllClose(values.flat(), [0.9, 2.1, 0.9 - second(1, 0.5), 2.1 - second(-2, 1)]);
});

const references: [string, RuleSpec, (rate: number) => tf.Optimizer][] = [
  ["momentum", sgdRule, (rate) => tf.train.momentum(rate, 0.9)],
  [
    "momentum with Nesterov",
    { ...sgdRule, nesterov: true },
    (rate) => tf.train.momentum(rate, 0.9, true),
  ],
  ["adam", adamRule, (rate) => tf.train.adam(rate, 0.9, 0.999, 1e-7)],
];
for (const [name, rule, create] of references) {
  eachBackend(`createOptimizer() agrees with tf.train's ${name}`, async () => {
    const start = Array.from({ length: 7 }, (_, i) => Math.sin(i));
    const steps = Array.from({ length: 12 }, (_, t) => ({
      gradient: start.map((_, i) => Math.cos(3 * i + t) * (1 + t % 4)),
      rate: 0.02,
    }));
    const own = await traceOf(spec(rule), steps, start);

    const w = tf.variable(tf.tensor(start), true, `reference ${name} ${tf.getBackend()}`);
    const reference = create(0.02);
    for (const [t, { gradient }] of steps.entries()) {
      tf.tidy(() => reference.applyGradients({ [w.name]: tf.tensor(gradient) }));
      assertAllClose(own[t]!, await w.data(), { atol: 2e-6 });
    }
    reference.dispose();
    w.dispose();
  });
}

eachBackend("createOptimizer() decays only the variables named", async () => {
  const kernel = variable([2, -4]), bias = variable([2, -4]);
  const optimizer = createOptimizer(
    spec({ ...sgdRule, momentum: 0 }, { weightDecay: 0.5 }),
    new Map([["kernel", kernel], ["bias", bias]]),
    new Set(["kernel"]),
  );
  tf.tidy(() => optimizer.apply({ kernel: tf.zeros([2]), bias: tf.zeros([2]) }, 0.1));
  assertAllClose(await kernel.data(), [1.9, -3.8]);
  assertAllClose(await bias.data(), [2, -4]);
  tf.dispose([kernel, bias]);
  optimizer.dispose();
});

eachBackend("createOptimizer() clips by the joint norm, before the weight decay", async () => {
  const a = variable([0]), b = variable([10]);
  const optimizer = createOptimizer(
    spec({ ...sgdRule, momentum: 0 }, { clipNorm: 1, weightDecay: 0.1 }),
    new Map([["a", a], ["b", b]]),
    new Set(["b"]),
  );
  tf.tidy(() => optimizer.apply({ a: tf.tensor([3]), b: tf.tensor([4]) }, 1));
  assertAllClose([...await a.data(), ...await b.data()], [-0.6, 10 - 0.8 - 1]);
  tf.tidy(() => optimizer.apply({ a: tf.tensor([0.3]), b: tf.tensor([0.4]) }, 1)); // norm 0.5: kept
  assertAllClose([...await a.data(), ...await b.data()], [-0.9, 8.2 - 0.4 - 0.82]);
  tf.dispose([a, b]);
  optimizer.dispose();
});

// A kernel that bound each of them would be one with more buffers than WebGPU promises (8).
eachBackend("createOptimizer() clips by the joint norm of a hundred gradients", async () => {
  const names = Array.from({ length: 100 }, (_, i) => `w${i}`);
  const variables = new Map(names.map((name) => [name, variable([0])]));
  const own = spec({ ...sgdRule, momentum: 0 }, { clipNorm: 1 });
  const optimizer = createOptimizer(own, variables, new Set(names));
  tf.tidy(() =>
    optimizer.apply(Object.fromEntries(names.map((name) => [name, tf.tensor([2])])), 1)
  );
  for (const w of variables.values()) assertAllClose([...await w.data()], [-0.1]); // norm 20
  tf.dispose([...variables.values()]);
  optimizer.dispose();
});

for (const rule of [sgdRule, adamRule]) {
  eachBackend(`createOptimizer() goes on bit for bit after restore(), ${rule.kind}`, async () => {
    const steps = Array.from({ length: 6 }, (_, t) => ({
      gradient: [Math.sin(t), 1 / (t + 3)],
      rate: 0.1 / (t + 1),
    }));
    const whole = await traceOf(spec(rule), steps, [0.3, 0.7]);

    const first = variable([0.3, 0.7]);
    const before = createOptimizer(spec(rule), new Map([["w", first]]));
    await trace(before, first, steps.slice(0, 3));
    const saved = new Map<string, NdArray>();
    for (const [name, slot] of before.state()) {
      saved.set(name, { shape: slot.shape, data: new Float32Array(await slot.data()) });
    }
    const second = variable(await first.data());
    const after = createOptimizer(spec(rule), new Map([["w", second]]));
    after.restore(JSON.parse(JSON.stringify(before.step)), saved);
    assert.deepEqual(await trace(after, second, steps.slice(3)), whole.slice(3));
    assert.equal(after.step, 6);

    for (const optimizer of [before, after]) optimizer.dispose();
    tf.dispose([first, second]);
  });
}

eachBackend("createOptimizer() leaks no tensor", async () => {
  await expectNoTensorLeak(async () => {
    const w = variable([1, 2]);
    const optimizer = createOptimizer(
      spec(adamRule, { clipNorm: 1, weightDecay: 0.1 }),
      new Map([["w", w]]),
      new Set(["w"]),
    );
    await expectNoTensorLeak(() => trace(optimizer, w, twoSteps));
    assert.deepEqual([...optimizer.state().keys()], ["w/m", "w/v"]);
    optimizer.dispose();
    w.dispose();
  });
});

Deno.test("createOptimizer() refuses missing gradients and a foreign state, unchanged", async () => {
  await selectDevice("cpu");
  const w = variable([1, 2]);
  const optimizer = createOptimizer(spec(sgdRule), new Map([["w", w]]));
  assert.throws(() => optimizer.apply({}, 0.1), /the one of "w" is missing/);
  assert.equal(optimizer.step, 0);
  const slot = (shape: number[]) => ({ shape, data: new Float32Array(2).fill(7) });
  const foreign: [Map<string, NdArray>, RegExp][] = [
    [new Map(), /missing is "w\/momentum"/],
    [new Map([["w/momentum", slot([2])], ["w/m", slot([2])]]), /unexpected is "w\/m"/],
    [new Map([["w/momentum", slot([1, 2])]]), /reshaped is "w\/momentum"/],
  ];
  for (const [state, message] of foreign) {
    assert.throws(() => optimizer.restore(5, state), { name: "TypeError", message });
  }
  assert.deepEqual([...await optimizer.state().get("w/momentum")!.data()], [0, 0]);
  optimizer.dispose();
  w.dispose();
});
