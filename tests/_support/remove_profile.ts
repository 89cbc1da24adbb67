/** The browser's other processes write to its profile for a moment after it is gone. */
export async function removeProfile(folder: string): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    try {
      return await Deno.remove(folder, { recursive: true });
    } catch {
      await new Promise((go) => setTimeout(go, 100));
    }
  }
}
