// Gradient of 2-D max pooling, NHWC.

/** dx from dy: each output's gradient goes to the first largest input under its window. */
export function maxPoolGradient(
  x: usize,
  dy: usize,
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: usize,
  filterHeight: i32,
  filterWidth: i32,
  strideY: i32,
  strideX: i32,
  padTop: i32,
  padLeft: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  const pixel = channels << 2, image = <usize> (height * width) * pixel;
  memory.fill(dx, 0, <usize> batch * image);
  for (const end = x + <usize> batch * image; x < end; x += image, dx += image) {
    for (let outY = 0; outY < outHeight; outY++) {
      const top = outY * strideY - padTop;
      const firstY = max(0, top), lastY = min(height, top + filterHeight);
      for (let outX = 0; outX < outWidth; outX++, dy += pixel) {
        const left = outX * strideX - padLeft;
        const firstX = max(0, left), lastX = min(width, left + filterWidth);
        if (firstY >= lastY || firstX >= lastX) continue;
        for (let c: usize = 0; c < pixel; c += 4) {
          let at = <usize> (firstY * width + firstX) * pixel + c;
          let largest = f32.load(x + at);
          for (let y = firstY; y < lastY; y++) {
            let p = <usize> (y * width + firstX) * pixel + c;
            for (let i = firstX; i < lastX; i++, p += pixel) {
              const value = f32.load(x + p);
              if (value > largest) largest = value, at = p;
            }
          }
          f32.store(dx + at, f32.load(dx + at) + f32.load(dy + c));
        }
      }
    }
  }
}
