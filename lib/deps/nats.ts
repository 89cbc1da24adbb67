// NATS JetStream, for `lib/cli/worker/`. The client's Deno transport is on JSR only; its Node.js
// transport runs on Deno as it is.
export {
  AckPolicy,
  type Consumer,
  DeliverPolicy,
  jetstream,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
  type JsMsg,
  RetentionPolicy,
} from "npm:@nats-io/jetstream@3.4.0";
export {
  connect,
  credsAuthenticator,
  nanos,
  type NatsConnection,
} from "npm:@nats-io/transport-node@3.4.0";
