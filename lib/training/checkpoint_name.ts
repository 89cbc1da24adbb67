/**
 * Checkpoint names that carry their metric, such as `model-0.65`.
 *
 * @module
 */

/**
 * Fills metrics into a name. The placeholders are Keras': `{name}` or `{name:.2f}` (two decimals),
 * `{name:03d}` (three digits, zeros in front).
 *
 * Throws a `RangeError` for a metric that is not there.
 *
 * @param template For example `"model-{val_iou:.2f}"`.
 */
export function checkpointName(
  template: string,
  metrics: Readonly<Record<string, number>>,
): string {
  return template.replace(
    /\{(\w+)(?::(?:\.(\d+)f|0(\d+)d))?\}/g,
    (_, name: string, decimals?: string, digits?: string) => {
      const value = metrics[name];
      if (value === undefined) {
        throw new RangeError(`Cannot name a checkpoint "${template}": metric "${name}" is missing`);
      }
      if (decimals !== undefined) return value.toFixed(Number(decimals));
      return String(value).padStart(Number(digits ?? 0), "0");
    },
  );
}
