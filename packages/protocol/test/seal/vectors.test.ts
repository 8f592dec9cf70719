/** The published test vectors of what the seal is built from, and our use of it against another's. */
import { createHmac, hkdfSync } from "node:crypto";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aeadOpen, aeadSeal, SEAL_CIPHERS } from "../../src/seal/cipher.ts";
import { deriveKey, equalBytes } from "../../src/seal/derive.ts";
import "../support.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));
const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "ascii"));
const range = (first: number, last: number): Uint8Array =>
  Uint8Array.from({ length: last - first + 1 }, (_, at) => first + at);
const repeat = (byte: number, times: number): Uint8Array => new Uint8Array(times).fill(byte);

const SUNSCREEN =
  "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";

const AEAD = [
  {
    name: "RFC 8439 section 2.8.2",
    cipher: "chacha20-poly1305",
    key: hex(range(0x80, 0x9f)),
    nonce: "070000004041424344454647",
    aad: "50515253c0c1c2c3c4c5c6c7",
    plain: hex(ascii(SUNSCREEN)),
    sealed:
      "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691",
  },
  {
    name: "the GCM specification, test case 13",
    cipher: "aes-256-gcm",
    key: "00".repeat(32),
    nonce: "00".repeat(12),
    aad: "",
    plain: "",
    sealed: "530f8afbc74536b9a963b4f1c4cb738b",
  },
  {
    name: "the GCM specification, test case 14",
    cipher: "aes-256-gcm",
    key: "00".repeat(32),
    nonce: "00".repeat(12),
    aad: "",
    plain: "00".repeat(16),
    sealed: "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
  },
  {
    name: "the GCM specification, test case 16",
    cipher: "aes-256-gcm",
    key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
    nonce: "cafebabefacedbaddecaf888",
    aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    plain:
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    sealed:
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
  },
  {
    name: "NIST CAVP, gcmEncryptExtIV256, the first",
    cipher: "aes-256-gcm",
    key: "b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4",
    nonce: "516c33929df5a3284ff463d7",
    aad: "",
    plain: "",
    sealed: "bdc1ac884d332457a1d2664f168c76f0",
  },
] as const;

describe.each(AEAD)("$cipher, $name", ({ cipher, key, nonce, aad, plain, sealed }) => {
  const input = { key: unhex(key), nonce: unhex(nonce), aad: unhex(aad) };

  test("is sealed and opened as published", () => {
    expect(hex(aeadSeal(cipher, input, unhex(plain)))).toBe(sealed);
    expect(hex(aeadOpen(cipher, input, unhex(sealed))!)).toBe(plain);
  });

  test("does not open with any bit of it, or of its associated data, flipped", () => {
    const bytes = unhex(sealed);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
      expect(aeadOpen(cipher, input, bytes)).toBeUndefined();
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
    }
    expect(aeadOpen(cipher, { ...input, aad: Uint8Array.of(...input.aad, 0) }, bytes)).toBe(
      undefined,
    );
  });
});

test.each(SEAL_CIPHERS)("%s opens nothing that is shorter than its tag", (cipher) => {
  const input = { key: repeat(1, 32), nonce: repeat(2, 12), aad: repeat(3, 20) };
  for (let bytes = 0; bytes < 16; bytes++) {
    expect(aeadOpen(cipher, input, repeat(0, bytes))).toBeUndefined();
  }
});

test.each([
  {
    case: 1,
    secret: repeat(0x0b, 22),
    salt: range(0, 0x0c),
    info: range(0xf0, 0xf9),
    okm: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  },
  {
    case: 2,
    secret: range(0, 0x4f),
    salt: range(0x60, 0xaf),
    info: range(0xb0, 0xff),
    okm: "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
  },
  {
    case: 3,
    secret: repeat(0x0b, 22),
    salt: new Uint8Array(0),
    info: new Uint8Array(0),
    okm: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  },
])("HKDF-SHA-256 is that of RFC 5869, test case $case", ({ secret, salt, info, okm }) => {
  expect(hex(hkdf(sha256, secret, salt, info, okm.length / 2))).toBe(okm);
});

test.each([
  [
    1,
    repeat(0x0b, 20),
    ascii("Hi There"),
    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
  ],
  [
    2,
    ascii("Jefe"),
    ascii("what do ya want for nothing?"),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  ],
  [
    3,
    repeat(0xaa, 20),
    repeat(0xdd, 50),
    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
  ],
  [
    4,
    range(1, 25),
    repeat(0xcd, 50),
    "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
  ],
  [5, repeat(0x0c, 20), ascii("Test With Truncation"), "a3b6167473100ee06e0c796c2955552b"],
  [
    6,
    repeat(0xaa, 131),
    ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  ],
  [
    7,
    repeat(0xaa, 131),
    ascii(
      "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
    ),
    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
  ],
] as const)("HMAC-SHA-256 is that of RFC 4231, test case %i", (_, key, data, mac) => {
  expect(hex(hmac(sha256, key, data)).slice(0, mac.length)).toBe(mac);
  expect(createHmac("sha256", key).update(data).digest("hex").slice(0, mac.length)).toBe(mac);
});

describe("a derived key", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 80 });

  test("is what another HKDF derives from the label and the context", () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, fc.nat(90), (secret, salt, context, more) => {
        const info = Buffer.concat([Buffer.from("faultline-seal-1 record\0"), context]);
        const other = Buffer.from(hkdfSync("sha256", secret, salt, info, 1 + more));
        const ours = deriveKey({ secret, purpose: "record", salt, context }, 1 + more);
        expect(hex(ours)).toBe(hex(other));
      }),
    );
  });

  test("is another for every purpose", () => {
    const secret = repeat(7, 32);
    const purposes = ["frame", "hello", "record", "welcome"] as const;
    const keys = purposes.map((purpose) => hex(deriveKey({ secret, purpose }, 32)));
    expect(new Set(keys).size).toBe(purposes.length);
  });
});

test("equal bytes are told from others, whatever their lengths", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 40 }),
      (one, other) => {
        expect(equalBytes(one, other)).toBe(hex(one) === hex(other));
        expect(equalBytes(one, one.slice())).toBe(true);
      },
    ),
  );
});
