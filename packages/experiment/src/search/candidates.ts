/**
 * Smaller specs to try once the faults are as few as can be: less of everything around them.
 *
 * Each step gives candidates from the smallest on; the first that still fails in the same way is
 * kept. What the schedule names must stay: a message of a client exists only while there are enough
 * of both.
 */
import { declaredFaults } from "../plan/faults.ts";
import { parseMetric } from "../spec/metric.ts";
import type { FullFault, FullSpec } from "../spec/types.ts";
import { assertionSignature } from "./failure.ts";

/** A step: what gets smaller, and how small it might be. */
export interface Step {
  readonly what: string;
  candidates(spec: FullSpec, signature: string): FullSpec[];
}

const PAYLOAD_BYTES_SMALL = 64;

const NETWORK: Step = { what: "network faults", candidates: calmerNetwork };

/** Tried first: what the network does is told of by nobody, so it goes if it can. */
export const FIRST_STEPS: readonly Step[] = [NETWORK];

/** Tried once the faults are few, in this order. */
export const STEPS: readonly Step[] = [
  { what: "assertions", candidates: (spec, signature) => withoutOtherAssertions(spec, signature) },
  { what: "phases", candidates: withoutPhases },
  { what: "faults", candidates: withoutIdleFaults },
  NETWORK,
  { what: "clients", candidates: fewerClients },
  { what: "messages", candidates: fewerMessages },
  { what: "in flight", candidates: fewerInFlight },
  { what: "payload", candidates: smallerPayload },
];

function withoutOtherAssertions(spec: FullSpec, signature: string): FullSpec[] {
  const assert = spec.assert.filter((one) => assertionSignature(one) === signature);
  return assert.length === spec.assert.length ? [] : [{ ...spec, assert }];
}

/** The schedule says when faults fire, so nothing needs to say when they might. */
function withoutPhases(spec: FullSpec): FullSpec[] {
  if (spec.phases === null || spec.assert.some(({ phase }) => phase !== null)) return [];
  return [{ ...spec, phases: null, faults: declaredFaults(spec) }];
}

/** A fault that the schedule leaves out does nothing. */
function withoutIdleFaults(spec: FullSpec): FullSpec[] {
  const named = new Set(spec.assert.map(({ metric }) => parseMetric(metric)?.fault));
  const used = new Set(spec.schedule?.map(({ fault }) => fault));
  const stays = (fault: FullFault | string): boolean => {
    const id = typeof fault === "string" ? fault : fault.id;
    return used.has(id) || named.has(id);
  };
  const faults = spec.faults.filter(stays);
  const phases =
    spec.phases?.map((phase) => ({ ...phase, faults: phase.faults.filter(stays) })) ?? null;
  const smaller = { ...spec, faults, phases };
  return declaredFaults(smaller).length === declaredFaults(spec).length ? [] : [smaller];
}

/** None, or else each partition left out in its turn. */
function calmerNetwork(spec: FullSpec): FullSpec[] {
  const { network } = spec;
  if (network === null) return [];
  const fewer = network.partitions.map((_, at) => network.partitions.toSpliced(at, 1));
  return [
    { ...spec, network: null },
    ...fewer.map((partitions) => ({ ...spec, network: { ...network, partitions } })),
  ];
}

function fewerClients(spec: FullSpec): FullSpec[] {
  const { clients } = spec.workload;
  const needed = 1 + most(spec.schedule?.map(({ client }) => client));
  return upTo(needed, clients).map((fewer) => withWorkload(spec, { clients: fewer }));
}

function fewerMessages(spec: FullSpec): FullSpec[] {
  const { clients, messages, bodies } = spec.workload;
  if (bodies !== null) return [];
  const named = spec.schedule?.filter(({ attempt }) => attempt > 0);
  const needed = 1 + most(named?.map(({ client, message }) => message * clients + client));
  return upTo(needed, messages).map((fewer) => withWorkload(spec, { messages: fewer }));
}

function fewerInFlight(spec: FullSpec): FullSpec[] {
  return upTo(1, spec.workload.inFlightMax).map((inFlightMax) =>
    withWorkload(spec, { inFlightMax }),
  );
}

function smallerPayload(spec: FullSpec): FullSpec[] {
  const { payloadBytes, bodies } = spec.workload;
  const bytes = typeof payloadBytes === "number" ? payloadBytes : payloadBytes.max;
  if (bodies !== null) return [];
  const smaller = bytes > PAYLOAD_BYTES_SMALL ? [PAYLOAD_BYTES_SMALL, bytes] : [bytes];
  return smaller
    .filter((one) => one !== payloadBytes)
    .map((one) => withWorkload(spec, { payloadBytes: one }));
}

function withWorkload(spec: FullSpec, workload: Partial<FullSpec["workload"]>): FullSpec {
  return { ...spec, workload: { ...spec.workload, ...workload } };
}

function most(values: readonly number[] = []): number {
  return values.reduce((max, value) => Math.max(max, value), -1);
}

/** `first`, then further and further apart, all below `end`. */
function upTo(first: number, end: number): number[] {
  const values: number[] = [];
  for (let step = 1, value = Math.max(1, first); value < end; value += step, step *= 2) {
    values.push(value);
  }
  return values;
}
