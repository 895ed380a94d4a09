package dev.neurite.golden;

import dev.neurite.nn.Activation;
import dev.neurite.nn.Bidirectional;
import dev.neurite.nn.Gru;
import dev.neurite.nn.Lstm;
import dev.neurite.nn.MultiLayer;
import dev.neurite.nn.Pass;
import dev.neurite.nn.Recurrent;
import dev.neurite.nn.SimpleRnn;
import dev.neurite.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** layers_recurrent and layers_recurrent_keras: PyTorch's and Keras' recurrent layers through ours. */
final class RecurrentGolden implements GoldenTopic {

  private static final Set<String> TORCH =
      Set.of("hidden", "layers", "bidirectional", "activation", "variable_lengths");
  private static final Set<String> KERAS =
      Set.of(
          "units", "mask", "go_backwards", "reset_after", "activation", "recurrent_activation", "use_bias",
          "unit_forget_bias", "zero_output_for_mask");

  @Override
  public void register(Map<String, GoldenHandler> h) {
    for (String kind : List.of("rnn", "lstm", "lstm_peephole", "gru")) {
      h.put("layer/" + kind, GoldenRun.op(r -> torch(r, kind)));
    }
    for (String kind : List.of("SimpleRNN", "LSTM", "GRU")) {
      h.put("layer/keras/" + kind, GoldenRun.op(r -> keras(r, kind)));
    }
  }

  private static void requireKnown(GoldenRun r, Set<String> known) {
    for (String key : r.c().attrs().keySet()) {
      if (!known.contains(key)) {
        throw new AssertionError("unknown attribute " + key);
      }
    }
  }

  // ---- PyTorch: stacked, both directions, rows r z n and i f g o, two biases, outputs 0 at padding

  private static Map<String, Tensor> torch(GoldenRun r, String kind) {
    requireKnown(r, TORCH);
    int directions = r.c().flag("bidirectional", false) ? 2 : 1;
    int layers = (int) r.c().number("layers", 1);
    boolean cell = kind.startsWith("lstm");
    List<Tensor> hidden = new ArrayList<>();
    List<Tensor> cells = new ArrayList<>();
    Tensor y = r.in("x");
    for (int layer = 0; layer < layers; layer++) {
      List<Tensor> out = torchLayer(r, kind, layer, directions, y);
      y = out.get(0);
      for (int d = 0; d < directions; d++) {
        int at = 1 + d * (cell ? 2 : 1);
        hidden.add(out.get(at));
        if (cell) {
          cells.add(out.get(at + 1));
        }
      }
    }
    Map<String, Tensor> result = new LinkedHashMap<>();
    result.put("y", y);
    result.put("h_n", Tensor.stack(0, hidden));
    if (cell) {
      result.put("c_n", Tensor.stack(0, cells));
    }
    return result;
  }

  private static List<Tensor> torchLayer(GoldenRun r, String kind, int layer, int directions, Tensor x) {
    Recurrent<?> forward = torchLayer(r, kind, layer, false);
    Recurrent<?> backward = directions == 2 ? torchLayer(r, kind, layer, true) : null;
    MultiLayer whole = backward == null ? forward : Bidirectional.of(forward, backward);
    whole.call(List.of(Tensor.zeros(x.shape(), r.dtype())));
    bind(r, kind, "_l" + layer, forward);
    List<Tensor> in = new ArrayList<>(List.of(x));
    if (r.c().flag("variable_lengths", false)) {
      in.add(r.in("lengths"));
    }
    if (backward != null) {
      bind(r, kind, "_l" + layer + "_reverse", backward);
    }
    for (int d = 0; d < directions; d++) {
      for (String state : List.of("h0", "c0")) {
        if (r.in(state) != null) {
          in.add(r.in(state).select(0, (long) layer * directions + d));
        }
      }
    }
    return whole.call(in, Pass.inference());
  }

  private static Recurrent<?> torchLayer(GoldenRun r, String kind, int layer, boolean back) {
    long hidden = (long) r.c().number("hidden", 0);
    String suffix = "_l" + layer + (back ? "_reverse" : "");
    boolean bias = r.in("b_ih" + suffix) != null || r.in("b_hh" + suffix) != null;
    Recurrent<?> made =
        switch (kind) {
          case "rnn" -> SimpleRnn.of(hidden);
          case "gru" -> Gru.of(hidden);
          default -> Lstm.of(hidden).peephole(kind.equals("lstm_peephole"));
        };
    if (r.c().attrs().get("activation") != null) {
      made.activation(Activation.of(r.c().text("activation", "")));
    }
    return made.bias(bias).returnSequences(true).returnState(true).zeroOutput(true).goBackwards(back).inputOrder(back);
  }

  private static void bind(GoldenRun r, String kind, String suffix, Recurrent<?> layer) {
    boolean gru = kind.equals("gru");
    r.bind(layer.kernel(), ordered(r.in("w_ih" + suffix), gru).transpose());
    r.bind(layer.recurrentKernel(), ordered(r.in("w_hh" + suffix), gru).transpose());
    if (layer.bias() != null) {
      Tensor input = bias(r, "b_ih" + suffix, "b_hh" + suffix);
      Tensor inner = bias(r, "b_hh" + suffix, "b_ih" + suffix);
      r.bind(
          layer.bias(), gru ? Tensor.stack(0, List.of(ordered(input, true), ordered(inner, true))) : input.add(inner));
    }
    if (kind.equals("lstm_peephole")) {
      r.bind(
          ((Lstm) layer).peepholeKernel(),
          Tensor.stack(0, List.of(r.in("p_i" + suffix), r.in("p_f" + suffix), r.in("p_o" + suffix))));
    }
  }

  private static Tensor bias(GoldenRun r, String name, String other) {
    Tensor b = r.in(name);
    return b != null ? b : Tensor.zeros(r.in(other).shape(), r.dtype());
  }

  /** Blocks of rows r, z, n to z, r, n. */
  private static Tensor ordered(Tensor rows, boolean gru) {
    if (!gru) {
      return rows;
    }
    long n = rows.dim(0) / 3;
    return Tensor.concat(0, List.of(rows.slice(0, n, 2 * n), rows.slice(0, 0, n), rows.slice(0, 2 * n, 3 * n)));
  }

  // ---- Keras: columns i f c o and z r h as ours; masks become lengths (see MaskedSteps)

  private static Map<String, Tensor> keras(GoldenRun r, String kind) {
    requireKnown(r, KERAS);
    boolean back = r.c().flag("go_backwards", false);
    boolean zero = r.c().flag("zero_output_for_mask", false);
    Recurrent<?> layer = kerasLayer(r, kind).returnSequences(true).returnState(true).goBackwards(back).zeroOutput(zero);
    Tensor x = r.in("x");
    layer.call(Tensor.zeros(x.shape(), r.dtype()));
    r.bind("kernel", layer.kernel());
    r.bind("recurrent", layer.recurrentKernel());
    if (layer.bias() != null) {
      r.bind("bias", layer.bias());
    }
    MaskedSteps steps = MaskedSteps.of(r.c().tensors("inputs").get("mask"), back);
    List<Tensor> in = new ArrayList<>(List.of(steps == null ? x : steps.realFirst(x)));
    if (steps != null) {
      in.add(steps.lengths());
    }
    for (String state : List.of("h0", "c0")) {
      if (r.in(state) != null) {
        in.add(r.in(state));
      }
    }
    List<Tensor> out = layer.call(in, Pass.inference());
    Map<String, Tensor> result = new LinkedHashMap<>();
    result.put("y", steps == null ? out.get(0) : steps.inPlace(out.get(0), zero));
    result.put("h", out.get(1));
    if (out.size() > 2) {
      result.put("c", out.get(2));
    }
    return result;
  }

  private static Recurrent<?> kerasLayer(GoldenRun r, String kind) {
    long units = (long) r.c().number("units", 0);
    Activation gates = Activation.of(r.c().text("recurrent_activation", "sigmoid"));
    Recurrent<?> layer =
        switch (kind) {
          case "SimpleRNN" -> SimpleRnn.of(units);
          case "LSTM" -> Lstm.of(units).recurrentActivation(gates);
          default -> Gru.of(units).recurrentActivation(gates).resetAfter(r.c().flag("reset_after", true));
        };
    return layer.activation(Activation.of(r.c().text("activation", "tanh")))
        .bias(r.c().flag("use_bias", true) && r.in("bias") != null);
  }
}
