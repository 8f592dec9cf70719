/** A run's thread that takes memory until it is stopped. */

const kept: number[][] = [];
for (;;) kept.push(Array.from({ length: 100_000 }, (_, at) => at + kept.length));
