// Workers as processes, at a real NATS server.
import assert from "node:assert/strict";
import { PhotoQueue } from "../../../lib/cli/worker/queue.ts";
import { freePort, testWith } from "../../_support/programs.ts";
import { answersIn, ended, withPhotos } from "../detect/detect_process.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;

/** A NATS server with JetStream that keeps its files when it is stopped. */
class Server implements AsyncDisposable {
  readonly #port = freePort();
  readonly #folder = Deno.makeTempDirSync();
  #process: Deno.ChildProcess | undefined;

  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#process = new Deno.Command("nats-server", {
      args: ["-js", "-sd", this.#folder, "-a", "127.0.0.1", "-p", String(this.#port)],
      stdout: "null",
      stderr: "null",
    }).spawn();
    for (let tries = 0; tries < 100; tries++) {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: this.#port })
        .catch(() => undefined);
      if (connection !== undefined) return connection.close();
      await new Promise((go) => setTimeout(go, 50));
    }
    throw new Error("nats-server does not come up");
  }

  async stop(): Promise<void> {
    this.#process?.kill("SIGTERM");
    await this.#process?.status;
    this.#process = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** How `worker.ts` is called at a server, in a folder. */
function workersAt(server: Server, cwd: string) {
  const spawn = (args: readonly string[], stdin: "null" | "piped" = "null") => {
    const config = ["--config", `${ROOT}deno.json`, "--no-prompt", "--quiet", "-P=worker"];
    return new Deno.Command("deno", {
      args: ["run", ...config, `${ROOT}worker.ts`, ...args, "--nats", server.url],
      cwd,
      stdin,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  };
  const run = async (...args: string[]) => await ended(spawn(args));
  const work = (...args: string[]) =>
    spawn(["--threshold", "0.02", "--ack-wait", "2", "--until-empty", ...args]);
  const submit = async (...jobs: string[]) => {
    const process = spawn(["submit", "-"], "piped");
    await new Blob([jobs.join("\n")]).stream().pipeTo(process.stdin);
    return await ended(process);
  };
  const state = async () => {
    const address = { nats: server.url, queue: "faces", ackWaitMs: 2000 };
    await using queue = await PhotoQueue.open(address);
    return await queue.state();
  };
  return { run, work, submit, state };
}

/** Photos with their answers, or the word for what is wrong with them. */
async function collected(run: (...args: string[]) => Promise<{ stdout: string }>) {
  const answers = answersIn((await run("collect")).stdout);
  return answers.map(({ image, width, error }) => [
    image,
    width ?? (error as { code: string }).code,
  ]).sort();
}

/** What there is to say about the photos of {@linkcode withPhotos}. */
function expectedAnswers(count: number): unknown[] {
  return Array.from({ length: count }, (_, i) => [
    `photos/${i % 2 ? "deep er/" : ""}${i}.png`,
    i % 10 === 9 ? "truncated" : 40 + i,
  ]).sort();
}

/** Waits until so many photos are answered. */
async function untilAnswered(
  count: number,
  state: () => Promise<{ answered: number }>,
): Promise<void> {
  while ((await state()).answered < count) await new Promise((go) => setTimeout(go, 50));
}

testWith(
  "nats-server",
  "three workers, one killed, answer each photo exactly once",
  () =>
    withPhotos(30, async (cwd) => {
      await using server = new Server();
      await server.start();
      const { run, work, state } = workersAt(server, cwd);
      const submitted = await run("submit", "photos");
      assert.deepEqual(JSON.parse(submitted.stdout), { submitted: 30, known: 0, failed: 0 });
      const again = await run("submit", "photos");
      assert.deepEqual(JSON.parse(again.stdout), { submitted: 0, known: 30, failed: 0 });

      const [victim, ...others] = [work(), work(), work("--jobs", "2")];
      const endings = others.map(ended);
      await untilAnswered(5, state);
      victim!.kill("SIGKILL");
      await ended(victim!);
      for (const { code, stderr } of await Promise.all(endings)) {
        assert.ok(code <= 1, stderr);
        assert.match(stderr, /^\d+ photos answered, \d+ of them failed$/m);
      }
      assert.deepEqual(await collected(run), expectedAnswers(30));
      assert.deepEqual(await state(), { waiting: 0, inHand: 0, answered: 30, parked: 0 });
    }),
);

testWith(
  "nats-server",
  "a worker waits for a server that goes away, and goes on",
  () =>
    withPhotos(20, async (cwd) => {
      await using server = new Server();
      await server.start();
      const { run, work, state } = workersAt(server, cwd);
      await run("submit", "photos");
      const worker = ended(work());
      await untilAnswered(3, state);
      await server.stop();
      await new Promise((go) => setTimeout(go, 1000));
      await server.start();
      const { code, stderr } = await worker;
      assert.equal(code, 1, stderr); // some photos are broken
      assert.match(stderr, /^the NATS server is gone; waiting for it$/m);
      assert.match(stderr, /^the NATS server is back$/m);
      assert.deepEqual(await collected(run), expectedAnswers(20));
    }),
);

testWith(
  "nats-server",
  "jobs that fail or kill their worker too often are parked and answered",
  () =>
    withPhotos(1, async (cwd) => {
      let asked = 0;
      const wasAsked = Promise.withResolvers<void>(), silent = Promise.withResolvers<Response>();
      await using web = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
        if (request.url.endsWith("/down")) return new Response("", { status: 500 });
        if (++asked === 1) wasAsked.resolve();
        return silent.promise;
      });
      using _ = { [Symbol.dispose]: () => silent.resolve(new Response()) };
      await using server = new Server();
      await server.start();
      const { run, work, state, submit } = workersAt(server, cwd);
      const base = `http://127.0.0.1:${web.addr.port}`;
      const submitted = await submit(
        JSON.stringify({ id: 1, url: `${base}/silent` }),
        "no job",
      );
      assert.deepEqual(JSON.parse(submitted.stdout), { submitted: 1, known: 0, failed: 1 });
      assert.equal(submitted.code, 1);

      const victim = work("--tries", "1");
      await wasAsked.promise;
      victim.kill("SIGKILL");
      await ended(victim);
      await submit(JSON.stringify({ id: 2, url: `${base}/down` }));
      const { code, stderr } = await ended(work("--tries", "1"));
      assert.equal(code, 1, stderr);
      assert.deepEqual(await state(), { waiting: 0, inHand: 0, answered: 2, parked: 2 });
      const answers = answersIn((await run("collect")).stdout);
      assert.deepEqual(
        answers.map(({ id, error }) => [id, (error as { code: string }).code]).sort(),
        [[1, "parked"], [2, "failed"]],
      );
    }),
);

testWith(
  "nats-server",
  "a worker answers SIGTERM with what is in hand, and names a server that is not there",
  () =>
    withPhotos(200, async (cwd) => { // enough that it is not done before it is told to stop
      await using server = new Server();
      await server.start();
      const { run, work, state } = workersAt(server, cwd);
      await run("submit", "photos");
      const worker = work();
      await untilAnswered(2, state);
      worker.kill("SIGTERM");
      const { code, stderr } = await ended(worker);
      assert.equal(code, 130, stderr);
      const { waiting, inHand, answered } = await state();
      assert.equal(inHand, 0);
      assert.equal(waiting + answered, 200);
      await server.stop();
      const absent = await run("state");
      assert.equal(absent.code, 1);
      assert.match(absent.stderr, /^error: Cannot use the queue "faces" at "127\.0\.0\.1:\d+": ./);
    }),
);
