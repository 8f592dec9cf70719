/** A run's thread that ends without a word. */

export {};
