/**
 * Dialling with datagrams: a port, and the word that it may be used. Nothing travels.
 */
import type { Dialer, Link, LinkEvents } from "@faultline/protocol";
import type { Address } from "../address.ts";
import { PORTS_EPHEMERAL } from "../address.ts";
import { flowOf } from "../draws.ts";
import type { SimulatedProcess } from "../process.ts";
import type { World } from "../world.ts";
import { DatagramEnd } from "./end.ts";
import { DatagramSocket } from "./socket.ts";

/** A dialer of datagram links from this process to that address. */
export function datagramDialer(world: World, process: SimulatedProcess, address: Address): Dialer {
  return {
    kind: "datagram",
    dial: (events) => dial({ world, process, address }, events),
  };
}

interface From {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly address: Address;
}

function dial({ world, process, address }: From, events: LinkEvents): Link {
  const { ordinal, port } = freePort(process);
  const end = new DatagramEnd({
    socket: new DatagramSocket({ world, process, port }),
    remote: address,
    ways: {
      outward: { flow: flowOf(process.node.key, ordinal, "there"), ordinal: 0 },
      inward: { flow: flowOf(process.node.key, ordinal, "back"), ordinal: 0 },
    },
  });
  end.socket.connect(end);
  end.owner = events;
  if (world.find(address.host) === undefined) {
    end.fail({ code: "unreachable", message: `There is no node "${address.host}".` });
  } else world.kernel.defer(() => end.open(), process);
  return end;
}

/** @throws Error where every port of the node has a socket: sixteen thousand links, none ever closed. */
function freePort(process: SimulatedProcess): { ordinal: number; port: number } {
  for (let tries = 0; tries < PORTS_EPHEMERAL; tries++) {
    const flow = process.node.nextFlow();
    if (!process.sockets.has(flow.port)) return flow;
  }
  throw new Error(`Cannot dial: ${process.name} has no free port for one more datagram link.`);
}
