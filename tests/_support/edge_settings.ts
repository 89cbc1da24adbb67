/** Edge as it learns from labels, on tiny's backbone: two anchors a place, 12 pixels to 384. */
export const EDGE_OF_LABELS = {
  backbone: "mobilenet_v2",
  neck: "tinaface",
  anchors: {
    scales: [12 / 64, 24 / 64],
    exponent: 2,
    ratio: 1.25,
    sizeIs: "root-of-area",
    centre: 0.5,
  },
};
