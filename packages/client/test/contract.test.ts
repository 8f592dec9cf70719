/** Both dialers keep every promise that a link makes: the suite that memory links pass too. */
import type { LinkEvents } from "@faultline/protocol";
import { linkContract } from "@faultline/testkit/contract";
import { tcpDialer, tlsDialer, udpDialer } from "../src/index.ts";
import { lab } from "../../certificates/test/support/lab.ts";
import { deadPort, listenTcp, listenUdp, tcpLinkOf, udpLinkOf } from "./support/sockets.ts";
import { listenTls } from "./support/tls.ts";

linkContract("tcp", "stream", async (accept) => {
  const listener = await listenTcp((socket) => {
    const { link, own } = tcpLinkOf(socket);
    own(accept(link));
  });
  return {
    dialer: tcpDialer({ port: listener.port }),
    dialerRefused: tcpDialer({ port: await deadPort() }),
    close: () => listener.close(),
  };
});

linkContract("tls", "stream", async (accept) => {
  const { authority } = await lab();
  const listener = await listenTls(({ secure, wire }) => {
    const { link, own } = tcpLinkOf(secure, wire.socket);
    own(accept(link));
  });
  const ca = authority.cert;
  return {
    dialer: tlsDialer({ port: listener.port, ca }),
    dialerRefused: tlsDialer({ port: await deadPort(), ca }),
    close: () => listener.close(),
  };
});

linkContract("udp", "datagram", async (accept) => {
  const peers = new Map<string, LinkEvents>();
  const listener = await listenUdp((bytes, send, from) => {
    const key = `${from.address}:${from.port}`;
    let events = peers.get(key);
    if (events === undefined) {
      events = accept(udpLinkOf(send, from));
      peers.set(key, events);
      events.onOpen();
    }
    events.onBytes(bytes);
  });
  return { dialer: udpDialer({ port: listener.port }), close: () => listener.close() };
});
