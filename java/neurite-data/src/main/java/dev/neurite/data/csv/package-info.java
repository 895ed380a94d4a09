/** Tables from CSV files. */
package dev.neurite.data.csv;
