package dev.neurite.data.csv;

/** What to do with a missing number. */
public enum Missing {
  /** Refuse the table, naming the first missing cell and how many there are. */
  REFUSE,
  /** Leave the row out. */
  SKIP_ROW,
  /** Put the mean of the column's other numbers in. */
  MEAN,
  /** Put NaN in. */
  NAN
}
