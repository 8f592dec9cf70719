/**
 * The same messages over TCP, plain datagrams and packets on datagrams, under the same loss.
 *
 *   tcp      NewReno: repeats what is lost, and keeps everything behind it waiting
 *   udp      a datagram a frame: the client asks again after a timeout learnt from the round trips
 *   packets  datagrams with acknowledgements: repeats what is lost, and only that waits
 *
 * Small messages at a steady rate ask for a short tail; a bulk of large ones asks for throughput. Bytes
 * are counted on the wire, acknowledgements and headers included: 28 for a datagram, 40 for a segment.
 */
import type { Claim, Example, Report, Row } from "./example.ts";
import type { LabOptions } from "./lab.ts";
import { Lab, mean, MS_US, quantile, SECOND_US } from "./lab.ts";

/** Timeouts that follow the round trips, without the second that a client of the internet waits at least. */
const LEARNT = { attemptTimeoutMs: "adaptive", rtt: "loopback", backoff: { firstMs: 1 } } as const;

/** What carries the frames, and what the client does about what it loses. */
const CARRIERS = [
  {
    name: "tcp",
    lab: { kind: "stream", stream: { congestionControl: "newreno" } },
    client: {},
    headerBytes: 40,
  },
  { name: "udp", lab: { kind: "datagram" }, client: LEARNT, headerBytes: 28 },
  { name: "packets", lab: { kind: "datagram", packets: true }, client: {}, headerBytes: 28 },
] as const satisfies readonly {
  name: string;
  lab: Omit<LabOptions, "seed">;
  client: object;
  headerBytes: number;
}[];

type Carrier = (typeof CARRIERS)[number];

/** What is sent: so many bodies of so many bytes, so many a second; 0: all at once. */
interface Load {
  readonly name: string;
  readonly messages: number;
  readonly bodyBytes: number;
  readonly perSecond: number;
  readonly inFlightMax: number;
}

const SMALL: Load = {
  name: "small",
  messages: 4000,
  bodyBytes: 100,
  perSecond: 200,
  inFlightMax: 1024,
};
const BULK: Load = {
  name: "bulk",
  messages: 192,
  bodyBytes: 16_384,
  perSecond: 0,
  inFlightMax: 8,
};
/** Time for a bulk: what takes long here is on its way, and asking again would only add to it. */
const PATIENT = { attemptTimeoutMs: 60_000, deadlineMs: 600_000 };
const LOSSES = [0, 0.01, 0.1];
/** 10 Mbit/s each way, with a queue of about a round trip, and Ethernet's datagrams. */
const PATH = { bytesPerSecond: 1_250_000, queuePacketsMax: 64, mtuBytes: 1472 };

/** What a carrier makes of a load. */
interface Measured {
  readonly name: string;
  readonly delivered: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly wireBytes: number;
  readonly seconds: number;
}

function measure(seed: number, carrier: Carrier, load: Load, loss: number): Measured {
  const link = { delayUs: 25 * MS_US, loss, ...PATH };
  const lab = new Lab({ seed, link, ...carrier.lab });
  const { inFlightMax } = load;
  const client = lab.client({ inFlightMax, ...(load === BULK ? PATIENT : carrier.client) });
  const body = new Uint8Array(load.bodyBytes);
  const latenciesUs: number[] = [];
  let settled = 0;
  for (let n = 0; n < load.messages; n++) {
    lab.at(load.perSecond === 0 ? 0 : (n * SECOND_US) / load.perSecond, () =>
      client.submit(body, {}, ({ endedUs, outcome, submittedUs }) => {
        settled++;
        if (outcome === "delivered") latenciesUs.push(endedUs - submittedUs);
      }),
    );
  }
  lab.run(() => settled === load.messages);
  return {
    name: `${load.name}, ${100 * loss} % lost, ${carrier.name}`,
    delivered: latenciesUs.length / load.messages,
    meanMs: mean(latenciesUs) / MS_US,
    p50Ms: quantile(latenciesUs, 0.5) / MS_US,
    p99Ms: quantile(latenciesUs, 0.99) / MS_US,
    wireBytes: (lab.bytes + lab.packets * carrier.headerBytes) / load.messages,
    seconds: lab.simulation.nowUs / SECOND_US,
  };
}

function rowOf({ delivered, meanMs, name, p50Ms, p99Ms, seconds, wireBytes }: Measured): Row {
  return { name, figures: [100 * delivered, meanMs, p50Ms, p99Ms, wireBytes, seconds] };
}

function run(seed: number): Report {
  const small = LOSSES.map((loss) =>
    CARRIERS.map((carrier) => measure(seed, carrier, SMALL, loss)),
  );
  // Plain datagrams are left out: such bodies do not fit one.
  const bulk = LOSSES.map((loss) =>
    CARRIERS.filter(({ name }) => name !== "udp").map((carrier) =>
      measure(seed, carrier, BULK, loss),
    ),
  );
  return {
    columns: [
      { title: "delivered %", decimals: 2 },
      { title: "mean ms", decimals: 1 },
      { title: "p50 ms", decimals: 1 },
      { title: "p99 ms", decimals: 1 },
      { title: "wire bytes each" },
      { title: "in all s", decimals: 2 },
    ],
    rows: [...small, ...bulk].flat().map(rowOf),
    claims: claimsOf(small, bulk),
  };
}

/** Each of them a row for each loss, with a column for each carrier. */
function claimsOf(small: readonly Measured[][], bulk: readonly Measured[][]): Claim[] {
  const [calm, light, heavy] = small.map(([tcp, udp, packets]) => ({ tcp, udp, packets }));
  const bulks = bulk.map(([tcp, packets]) => ({ tcp: tcp!, packets: packets! }));
  const spread = [calm!.tcp!, calm!.udp!, calm!.packets!].map(({ meanMs }) => meanMs);
  return [
    {
      says: "everything is delivered, whatever carries it",
      holds: [...small, ...bulk].flat().every(({ delivered }) => delivered === 1),
    },
    {
      says: "small messages: without loss, none is faster by more than 1 %",
      holds: Math.max(...spread) < 1.01 * Math.min(...spread),
    },
    {
      says: "at 1 % loss the 99th percentile of both over UDP is below that of TCP",
      holds: Math.max(light!.udp!.p99Ms, light!.packets!.p99Ms) < light!.tcp!.p99Ms,
    },
    {
      says: "at 10 % it is a fifth of it at most, and so is the mean",
      holds:
        Math.max(heavy!.udp!.p99Ms, heavy!.packets!.p99Ms) < heavy!.tcp!.p99Ms / 5 &&
        Math.max(heavy!.udp!.meanMs, heavy!.packets!.meanMs) < heavy!.tcp!.meanMs / 5,
    },
    {
      says: "packets pay for it: they send more bytes than TCP at any loss",
      holds: small.every(([tcp, , packets]) => packets!.wireBytes > tcp!.wireBytes),
    },
    {
      says: "bulk: TCP sends fewer bytes at any loss, and is faster at 1 %",
      holds:
        bulks.every(({ packets, tcp }) => packets.wireBytes > tcp.wireBytes) &&
        bulks[1]!.packets.seconds > bulks[1]!.tcp.seconds,
    },
  ];
}

/** @see module */
export const udpOrTcp: Example = {
  name: "udp-or-tcp",
  title: "The same messages over TCP, datagrams and packets, under the same loss",
  text: "Small: 4000 messages of 100 bytes at 200 a second. Bulk: 3 MiB in messages of 16 KiB, 8 in flight.\n10 Mbit/s, a round trip of 50 ms.",
  run,
};
