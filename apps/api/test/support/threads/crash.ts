/** A run's thread that throws before it reports anything. */

throw new Error("boom\nat a place nobody should read about");
