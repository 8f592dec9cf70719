/**
 * A private certificate authority: makes a root, and signs certificates for servers and clients.
 *
 * For a laboratory: one root, no intermediates, no revocation lists (a server that shall not accept
 * a client any more takes it off its list). Keys are ECDSA on P-256, which every TLS 1.3 peer knows.
 * Nothing is written anywhere. The time comes from the caller, chance from the runtime's WebCrypto:
 * keys that anybody could make again would be none.
 */
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { isAddress } from "./names.ts";
import { exportKey, importKey, type KeyPair, newKeys, SIGNING } from "./keys.ts";
import { newSerial } from "./serial.ts";

/** What a root certificate is made of. */
export interface AuthorityOptions {
  /** @default "Faultline laboratory CA" */
  readonly name?: string;
  /** The time now, in ms since 1970. */
  readonly nowMs: number;
  /** How long the root is valid, in days. @default 3650 */
  readonly days?: number;
}

/** What a certificate is made of. */
export interface IssueOptions {
  readonly kind: "server" | "client";
  /** The subject's name; of a server its first host where left out. */
  readonly name?: string;
  /** Names and addresses that a server may be dialled by. */
  readonly hosts?: readonly string[];
  /** The time now, in ms since 1970. */
  readonly nowMs: number;
  /** Valid for so many days from now. @default 365 */
  readonly days?: number;
  /** Valid only from so many ms after now; negative for earlier. @default an hour before */
  readonly startMs?: number;
}

/** A certificate and its private key, both as PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
  /** SHA-256 over the certificate, in hex pairs with colons: what an allow-list names. */
  readonly fingerprint256: string;
}

/** A root that signs. */
export interface Authority {
  /** The root certificate as PEM: what peers must be told to trust. */
  readonly cert: string;
  issue(options: IssueOptions): Promise<Issued>;
  /** The root's private key as PEM, to go on signing another day. */
  exportKey(): Promise<string>;
}

const NAME_DEFAULT = "Faultline laboratory CA";
const DAY_MS = 86_400_000;
/** Clocks of peers may be behind: a certificate is valid a little earlier than it was made. */
const SKEW_MS = 3_600_000;
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

/** Makes a new root with a new key. */
export async function createAuthority(options: AuthorityOptions): Promise<Authority> {
  const { name = NAME_DEFAULT, nowMs, days = 3650 } = options;
  const keys = await newKeys();
  const root = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: subjectOf(name),
    notBefore: new Date(nowMs - SKEW_MS),
    notAfter: new Date(nowMs + days * DAY_MS),
    signingAlgorithm: SIGNING,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return authorityOf(root, keys);
}

/**
 * Takes up a root that was written down.
 *
 * @throws where either is no PEM of its kind, or they do not belong together.
 */
export async function importAuthority(cert: string, key: string): Promise<Authority> {
  const root = new X509Certificate(cert);
  const privateKey = await importKey(key);
  const publicKey = await root.publicKey.export();
  return authorityOf(root, { privateKey, publicKey });
}

function authorityOf(root: X509Certificate, keys: KeyPair): Authority {
  return {
    cert: `${root.toString("pem")}\n`,
    issue: (options) => issue(root, keys, options),
    exportKey: () => exportKey(keys.privateKey),
  };
}

async function issue(
  root: X509Certificate,
  signer: KeyPair,
  options: IssueOptions,
): Promise<Issued> {
  const { kind, hosts = [], nowMs, days = 365, startMs = -SKEW_MS } = options;
  const { name = hosts[0] ?? kind } = options;
  const keys = await newKeys();
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([kind === "server" ? SERVER_AUTH : CLIENT_AUTH]),
    await SubjectKeyIdentifierExtension.create(keys.publicKey),
    await AuthorityKeyIdentifierExtension.create(signer.publicKey),
  ];
  if (hosts.length > 0) extensions.push(namesOf(hosts));
  const cert = await X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: subjectOf(name),
    issuer: root.subjectName,
    notBefore: new Date(nowMs + startMs),
    notAfter: new Date(nowMs + Math.round(days * DAY_MS)),
    signingAlgorithm: SIGNING,
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    extensions,
  });
  return {
    cert: `${cert.toString("pem")}\n`,
    key: await exportKey(keys.privateKey),
    fingerprint256: await fingerprintOf(cert),
  };
}

function namesOf(hosts: readonly string[]): SubjectAlternativeNameExtension {
  const names = hosts.map((value): JsonGeneralName => {
    return { type: isAddress(value) ? "ip" : "dns", value };
  });
  return new SubjectAlternativeNameExtension(names);
}

/** As a list, so that no sign in a name has a meaning of its own. */
function subjectOf(name: string): { CN: string[] }[] {
  return [{ CN: [name] }];
}

async function fingerprintOf(cert: X509Certificate): Promise<string> {
  const bytes = new Uint8Array(await cert.getThumbprint("SHA-256"));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(":");
}
