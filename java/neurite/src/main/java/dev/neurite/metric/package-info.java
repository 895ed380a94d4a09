/**
 * Metrics: numbers about predictions that are collected over batches and exact over uneven ones.
 * {@link dev.neurite.metric.Metrics} makes them. Metrics of text and of boxes live with those subjects.
 */
package dev.neurite.metric;
