import assert from "node:assert/strict";
import { checkpointName } from "../../lib/training/checkpoint_name.ts";

Deno.test("checkpointName() fills in metrics as Keras does", () => {
  assert.equal(checkpointName("model-{val_iou:.2f}", { val_iou: 0.6543 }), "model-0.65");
  assert.equal(
    checkpointName("{epoch:03d}-{loss:.1f}-{epoch}", { epoch: 7, loss: 2 }),
    "007-2.0-7",
  );
});

Deno.test("checkpointName() refuses a metric that is not there", () => {
  assert.throws(() => checkpointName("model-{val_ap:.2f}", { val_iou: 1 }), {
    name: "RangeError",
    message: 'Cannot name a checkpoint "model-{val_ap:.2f}": metric "val_ap" is missing',
  });
});
