// Choosing a device: which one comes up, and what is said about it.
import assert from "node:assert/strict";
import {
  DEVICE_NAMES,
  type DeviceName,
  DeviceUnavailableError,
  selectDevice,
} from "../../lib/backends/device.ts";
import { selectTrainingDevice } from "../../lib/backends/training_device.ts";
import { tf } from "../../lib/deps/tfjs.ts";
import { eachBackend } from "../_support/backends.ts";

/** Runs `body` with another `navigator.gpu`. */
async function withGpu(gpu: unknown, body: () => Promise<void>): Promise<void> {
  const own = Object.getOwnPropertyDescriptor(navigator, "gpu");
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  try {
    await body();
  } finally {
    if (own) Object.defineProperty(navigator, "gpu", own);
    else delete (navigator as { gpu?: unknown }).gpu;
  }
}

/** A `navigator.gpu` whose adapter has this information and gives no device. */
function gpuOf(info: { isFallbackAdapter: boolean; description?: string; vendor?: string }) {
  const requestDevice = () => Promise.reject(new Error("the driver is broken"));
  return { requestAdapter: () => Promise.resolve({ info, limits: {}, requestDevice }) };
}

const SOFTWARE = gpuOf({ isFallbackAdapter: true, description: "slow paint" });

function testDevices(name: string, body: () => Promise<void>) {
  // A backend, once started, outlives the test that started it.
  Deno.test({ name, sanitizeResources: false, sanitizeOps: false, fn: body });
}

testDevices("selectDevice() on auto takes wasm where the adapter is software", async () => {
  await withGpu(SOFTWARE, async () => {
    assert.deepEqual(await selectDevice("auto"), {
      name: "wasm",
      reason: "WebAssembly SIMD; " +
        'not webgpu: its only adapter is software ("slow paint")',
    });
    assert.equal(tf.getBackend(), "wasm");
  });
});

testDevices("selectDevice() on auto says why there is no WebGPU", async () => {
  const broken = gpuOf({ isFallbackAdapter: false, vendor: "acme" });
  const cases = [
    [undefined, /; not webgpu: no adapter found$/],
    [{ requestAdapter: () => Promise.resolve(null) }, /; not webgpu: no adapter found$/],
    [{ requestAdapter: () => Promise.reject("odd") }, /; not webgpu: odd$/],
  ] as const;
  for (const [gpu, reason] of cases) {
    await withGpu(gpu, async () => {
      const device = await selectDevice("auto");
      assert.equal(device.name, "wasm");
      assert.match(device.reason, reason);
    });
  }
  // A backend that an earlier test started needs no new device.
  if (tf.findBackend("webgpu")) return;
  await withGpu(broken, async () => {
    assert.match((await selectDevice("auto")).reason, /; not webgpu: the driver is broken$/);
  });
});

testDevices("selectDevice() by name fails with the reason instead of another device", async () => {
  await selectDevice("cpu");
  await withGpu(undefined, async () => {
    await assert.rejects(selectDevice("webgpu"), (error) => {
      assert.ok(error instanceof DeviceUnavailableError);
      assert.equal(error.message, 'Cannot use device "webgpu": no adapter found');
      return true;
    });
  });
  assert.equal(tf.getBackend(), "cpu", "what was current stays current");
});

eachBackend("selectDevice() by name makes the device the current one", async (name) => {
  const device = await selectDevice(name);
  assert.equal(device.name, name);
  assert.equal(tf.getBackend(), name);
  const reasons: Record<DeviceName, RegExp> = {
    webgpu: /^(software )?adapter "[^"]+"$/,
    wasm: /^WebAssembly SIMD$/,
    cpu: /^plain JavaScript$/,
  };
  assert.match(device.reason, reasons[name]);
  const sum = tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 3));
  assert.deepEqual([...await sum.data()], [4, 5]);
  sum.dispose();
});

eachBackend("selectDevice() on auto passes over software that is already running", async () => {
  await selectDevice("webgpu");
  await withGpu(SOFTWARE, async () => {
    assert.equal((await selectDevice("auto")).name, "wasm");
  });
}, ["webgpu"]);

eachBackend("WebGPU computes small tensors itself, not on cpu behind our back", () => {
  assert.equal(tf.env().getBool("WEBGPU_CPU_FORWARD"), false);
}, ["webgpu"]);

eachBackend("selectTrainingDevice() says what computes the gradients", async (name) => {
  const { reason } = await selectTrainingDevice(name, (message) => assert.fail(message));
  assert.match(reason, name === "wasm" ? /; own kernels, (relaxed )?SIMD$/ : /^[^;]+$/);
  const gradient = tf.tidy(() => tf.grad((x) => tf.square(x))(tf.tensor1d([3])));
  assert.deepEqual([...await gradient.data()], [6]);
  gradient.dispose();
});

Deno.test("DEVICE_NAMES puts the fastest first", () => {
  assert.deepEqual(DEVICE_NAMES, ["webgpu", "wasm", "cpu"]);
});
