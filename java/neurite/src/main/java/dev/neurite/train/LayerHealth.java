package dev.neurite.train;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How one layer of a network does, measured on some training examples.
 *
 * @param layer path of the layer, {@code encoder.dense_1}
 * @param type class of the layer, {@code Dense}
 * @param activation function its output has passed last, {@code relu}
 * @param units length of the output's last axis
 * @param output true for the layers the network ends in: from the last one with weights on
 * @param weight length (2-norm) of its weights; NaN for a layer without
 * @param gradient length of the loss's gradient in its weights; NaN for a layer without, or a frozen one
 * @param signal length of the loss's gradient in its output
 * @param update length of one training step divided by that of the weights; NaN where no step was watched
 * @param mean mean of its outputs
 * @param deviation standard deviation of its outputs
 * @param dead share of units that gave 0 for every example; 0 for functions that do not cut off
 * @param saturated share of outputs beyond 95 % of the function's range; 0 for unbounded functions
 * @param alike share of units whose weights are those of another unit
 */
public record LayerHealth(
    String layer,
    String type,
    String activation,
    long units,
    boolean output,
    double weight,
    double gradient,
    double signal,
    double update,
    double mean,
    double deviation,
    double dead,
    double saturated,
    double alike) {

  /** True when the layer has weights of its own (normalisation's scales do not count). */
  public boolean weighted() {
    return !Double.isNaN(weight);
  }

  LayerHealth withUpdate(double ratio) {
    return new LayerHealth(
        layer, type, activation, units, output, weight, gradient, signal, ratio, mean, deviation, dead, saturated,
        alike);
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("layer", layer);
    map.put("type", type);
    map.put("activation", activation);
    map.put("units", units);
    map.put("output", output);
    map.put("weight", HealthJson.number(weight));
    map.put("gradient", HealthJson.number(gradient));
    map.put("signal", HealthJson.number(signal));
    map.put("update", HealthJson.number(update));
    map.put("mean", HealthJson.number(mean));
    map.put("deviation", HealthJson.number(deviation));
    map.put("dead", HealthJson.number(dead));
    map.put("saturated", HealthJson.number(saturated));
    map.put("alike", HealthJson.number(alike));
    return map;
  }

  static LayerHealth of(HealthJson map) {
    return new LayerHealth(
        map.text("layer"), map.text("type"), map.text("activation"), (long) map.number("units"), map.flag("output"),
        map.number("weight"), map.number("gradient"), map.number("signal"), map.number("update"),
        map.number("mean"), map.number("deviation"), map.number("dead"), map.number("saturated"),
        map.number("alike"));
  }
}
