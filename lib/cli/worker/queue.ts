/**
 * A queue of photos on NATS JetStream: jobs go in, each gets exactly one answer, jobs that nobody
 * survives are parked.
 *
 * Three streams, here for a queue that is called `faces`:
 *
 *     faces-jobs     subject faces.jobs           work queue: a job leaves it when it is acknowledged
 *     faces-answers  subject faces.answers.<key>  one message a job; the first answer stays
 *     faces-parked   subject faces.parked         the jobs that were given up, as they came
 *
 * Reference: docs.nats.io/nats-concepts/jetstream (work-queue retention, acknowledgements,
 * `Nats-Expected-Last-Subject-Sequence`).
 *
 * @module
 */
import {
  AckPolicy,
  connect,
  type Consumer,
  credsAuthenticator,
  DeliverPolicy,
  jetstream,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
  type JsMsg,
  nanos,
  type NatsConnection,
  RetentionPolicy,
} from "../../deps/nats.ts";
import { CliError, EXIT } from "../exit_codes.ts";

/** Where a queue is. */
export interface QueueAddress {
  /** `nats://host:4222`, with `user:password@` where needed; several with commas between. */
  readonly nats: string;
  /** Name of the queue. */
  readonly queue: string;
  /** Path of a credentials file. */
  readonly creds?: string | undefined;
  /** A job that no worker has spoken of for so long is given to another one. */
  readonly ackWaitMs: number;
}

/** Who pulls jobs: one consumer, which all workers share. */
const CONSUMER = "workers";
/** A job that is put in twice within this time, under one id, is put in once. */
const SAME_JOB_WINDOW_MS = 10 * 60_000;
/** How long a request for the next job waits. */
const PULL_MS = 2_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** How full a queue is. */
export interface QueueState {
  /** Jobs that nobody has. */
  readonly waiting: number;
  /** Jobs that workers have. */
  readonly inHand: number;
  /** Jobs that are answered. */
  readonly answered: number;
  /** Jobs that were given up (they are answered, too). */
  readonly parked: number;
}

async function connectTo({ nats, creds }: QueueAddress): Promise<NatsConnection> {
  const urls = nats.split(",").map((url) => new URL(url));
  const { username, password, protocol } = urls[0]!;
  const user = username === ""
    ? {}
    : password === ""
    ? { token: decodeURIComponent(username) }
    : { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  return await connect({
    servers: urls.map(({ host }) => host),
    ...user,
    ...(protocol === "tls:" ? { tls: {} } : {}),
    ...(creds === undefined
      ? {}
      : { authenticator: credsAuthenticator(await Deno.readFile(creds)) }),
    name: "tinyface",
    timeout: CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
  });
}

/** The subject's last part: an id may hold anything, a subject may not. */
async function keyToken(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return new Uint8Array(digest).toHex().slice(0, 32);
}

/** A queue, connected. */
export class PhotoQueue implements AsyncDisposable {
  readonly #connection: NatsConnection;
  readonly #client: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #name: string;

  private constructor(connection: NatsConnection, manager: JetStreamManager, name: string) {
    this.#connection = connection;
    this.#client = jetstream(connection);
    this.#manager = manager;
    this.#name = name;
  }

  /**
   * Connects, and makes the streams that are not there.
   *
   * Throws a {@linkcode CliError} that names the server.
   */
  static async open(address: QueueAddress): Promise<PhotoQueue> {
    let connection: NatsConnection | undefined;
    try {
      connection = await connectTo(address);
      const queue = new PhotoQueue(connection, await jetstreamManager(connection), address.queue);
      await queue.#makeStreams(address.ackWaitMs);
      return queue;
    } catch (cause) {
      await connection?.close();
      const { host } = URL.parse(address.nats.split(",")[0]!) ?? { host: address.nats };
      const reason = (cause as Error).message || (cause as Error).name;
      const problem = `Cannot use the queue "${address.queue}" at "${host}": ${reason}`;
      throw new CliError(EXIT.someFailed, problem, { cause });
    }
  }

  async #makeStreams(ackWaitMs: number): Promise<void> {
    const { streams, consumers } = this.#manager, name = this.#name;
    const jobs = `${name}-jobs`;
    const window = { duplicate_window: nanos(SAME_JOB_WINDOW_MS) };
    const retention = RetentionPolicy.Workqueue;
    const wanted = [
      { name: jobs, subjects: [`${name}.jobs`], retention, ...window },
      { name: `${name}-answers`, subjects: [`${name}.answers.*`] },
      { name: `${name}-parked`, subjects: [`${name}.parked`] },
    ];
    const there = await Array.fromAsync(streams.names());
    for (const stream of wanted) if (!there.includes(stream.name)) await streams.add(stream);
    await consumers.add(jobs, {
      durable_name: CONSUMER,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: nanos(ackWaitMs),
      // Workers count the tries themselves: the server would only fall silent about such a job.
      max_deliver: -1,
      max_ack_pending: -1,
    });
  }

  /**
   * Puts a job in.
   *
   * @param key What makes it the same job as another one.
   * @returns Whether it is a new one.
   */
  async submit(job: string, key: string): Promise<boolean> {
    const msgID = await keyToken(key);
    return !(await this.#client.publish(`${this.#name}.jobs`, job, { msgID })).duplicate;
  }

  /** The shared consumer of jobs. */
  async jobs(): Promise<{ next(): Promise<JsMsg | null> }> {
    const consumer: Consumer = await this.#client.consumers.get(`${this.#name}-jobs`, CONSUMER);
    return { next: () => consumer.next({ expires: PULL_MS }) };
  }

  /**
   * Gives the answer to a job, unless it has one.
   *
   * @returns Whether it is the first one.
   */
  async answer(key: string, answer: string): Promise<boolean> {
    try {
      await this.#client.publish(`${this.#name}.answers.${await keyToken(key)}`, answer, {
        expect: { lastSubjectSequence: 0 },
      });
      return true;
    } catch (error) {
      const isSecond = error instanceof JetStreamApiError &&
        error.code === JetStreamApiCodes.StreamWrongLastSequence;
      if (isSecond) return false;
      throw error;
    }
  }

  /** Keeps a job that was given up, as it came. */
  async park(job: Uint8Array): Promise<void> {
    await this.#client.publish(`${this.#name}.parked`, job);
  }

  /** All answers there are, in the order in which they came. */
  async *answers(): AsyncGenerator<string, void, void> {
    const stream = `${this.#name}-answers`;
    const { state } = await this.#manager.streams.info(stream);
    if (state.messages === 0) return;
    const consumer = await this.#client.consumers.get(stream);
    for await (const message of await consumer.consume()) {
      yield message.string();
      if (message.seq >= state.last_seq) return;
    }
  }

  /** How full the queue is. */
  async state(): Promise<QueueState> {
    const { consumers, streams } = this.#manager, name = this.#name;
    const { num_pending, num_ack_pending } = await consumers.info(`${name}-jobs`, CONSUMER);
    const count = async (part: string) => (await streams.info(`${name}-${part}`)).state.messages;
    return {
      waiting: num_pending,
      inHand: num_ack_pending,
      answered: await count("answers"),
      parked: await count("parked"),
    };
  }

  /** Tells when the server goes away and comes back, until the queue is closed. */
  async watch(onChange: (sentence: string) => void): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === "disconnect") onChange("the NATS server is gone; waiting for it");
      if (type === "reconnect") onChange("the NATS server is back");
    }
  }

  /** Sends what is on its way and closes the connection; at once when the server is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    const drained = this.#connection.drain().catch(() => {});
    await Promise.race([drained, new Promise((go) => setTimeout(go, PULL_MS))]);
    await this.#connection.close();
  }
}
