package dev.neurite.data.csv;

/** How a target column is meant. */
public enum Target {
  /** Class numbers: whole numbers from 0 as they stand, anything else numbered in sorted order. int64 [n]. */
  CLASSES,
  /** Numbers to predict. float32 [n, 1]. */
  VALUES
}
