/**
 * Keys by WebCrypto: made, written as PEM (PKCS #8) and read again.
 *
 * Only ECDSA on P-256: small, quick, known to every TLS 1.3 peer.
 */
import { PemConverter } from "@peculiar/x509";

/** How everything is signed. */
export const SIGNING = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** As WebCrypto has them; the library brings no types of its own for it. */
export type CryptoKeyOf = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** A private key and what belongs to it. */
export interface KeyPair {
  readonly privateKey: CryptoKeyOf;
  readonly publicKey: CryptoKeyOf;
}

/** A new pair, exportable. */
export function newKeys(): Promise<KeyPair> {
  return crypto.subtle.generateKey(SIGNING, true, ["sign", "verify"]);
}

/** A private key as PEM. */
export async function exportKey(key: CryptoKeyOf): Promise<string> {
  return `${PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}

/** @throws where the text is no private key on P-256. */
export async function importKey(pem: string): Promise<CryptoKeyOf> {
  const bytes = PemConverter.decodeFirst(pem);
  return await crypto.subtle.importKey("pkcs8", bytes, SIGNING, true, ["sign"]);
}
