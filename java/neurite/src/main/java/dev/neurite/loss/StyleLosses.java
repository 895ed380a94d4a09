package dev.neurite.loss;

import dev.neurite.error.ShapeException;
import dev.neurite.tensor.Tensor;
import java.util.List;

/**
 * The costs of neural style transfer (Gatys et al. 2015), with the factors of Andrew Ng's course. Activations are
 * channels last: {@code [height, width, channels]}, or with axes of a batch before them.
 *
 * <pre>{@code
 * Tensor cost = StyleLosses.total(10, 40, 0.2, 0.8)
 *     .apply(content, generated, List.of(style1, style2), List.of(generated1, generated2));
 * }</pre>
 */
public final class StyleLosses {

  private static final int MAP_AXES = 3;

  private StyleLosses() {}

  /**
   * How far the generated picture is from the content: {@code sum((C - G)^2) / (4 * height * width * channels)}.
   *
   * <p><b>Shapes</b>: {@code apply(content, generated)}, both {@code [..., height, width, channels]}, per sample
   * {@code [...]}.
   */
  public static PairLoss content() {
    return new PairLoss(
        "styleContent",
        (content, generated) -> {
          requireMaps("styleContent", "content", content, generated);
          double count = (double) generated.dim(-1) * generated.dim(-2) * generated.dim(-3);
          return generated.sub(content).square().sum(-3, -2, -1).mul(1 / (4 * count));
        });
  }

  /**
   * How the channels go together: {@code G_kl = sum_ij a_ijk * a_ijl}, not normalised.
   *
   * <p><b>Shapes</b>: {@code [..., height, width, channels]} to {@code [..., channels, channels]}.
   *
   * @throws ShapeException for fewer than three axes
   */
  public static Tensor gram(Tensor activations) {
    Inputs.requireRank("gram", "activations", MAP_AXES, activations);
    int rank = activations.rank();
    long[] dims = new long[rank - 1];
    int[] swapped = new int[rank - 1];
    for (int i = 0; i < rank - MAP_AXES; i++) {
      dims[i] = activations.dim(i);
      swapped[i] = i;
    }
    dims[rank - 3] = activations.dim(-3) * activations.dim(-2);
    dims[rank - 2] = activations.dim(-1);
    swapped[rank - 3] = rank - 2;
    swapped[rank - 2] = rank - 3;
    Tensor flat = activations.reshape(dims);
    return flat.permute(swapped).matmul(flat);
  }

  /**
   * How far the Gram matrices of a layer are apart:
   * {@code sum((gram(S) - gram(G))^2) / (4 * channels^2 * (height * width)^2)}.
   *
   * <p><b>Shapes</b>: {@code apply(style, generated)}, both {@code [..., height, width, channels]}, per sample
   * {@code [...]}.
   */
  public static PairLoss layer() {
    return new PairLoss(
        "styleLayer",
        (style, generated) -> {
          requireMaps("styleLayer", "style", style, generated);
          double count = (double) generated.dim(-1) * generated.dim(-2) * generated.dim(-3);
          return gram(style).sub(gram(generated)).square().sum(-2, -1).mul(1 / (4 * count * count));
        });
  }

  private static void requireMaps(String who, String what, Tensor a, Tensor generated) {
    Inputs.requireRank(who, "activations", MAP_AXES, generated);
    Inputs.requireAlike(who, what, a, "generated", generated);
    if (generated.size() == 0) {
      throw new ShapeException(who + ": expected activations with at least one element, given " + generated.shape());
    }
  }

  /**
   * The cost of a generated picture: {@code alpha * content + beta * sum_i weight_i * style_i}.
   *
   * @param alpha weight of the content; 10 in the course
   * @param beta weight of the style; 40 in the course
   * @param layerWeights weight of each style layer, in their order
   * @throws IllegalArgumentException without a layer, or for a weight that is not finite
   */
  public static Total total(double alpha, double beta, double... layerWeights) {
    if (layerWeights.length == 0) {
      throw new IllegalArgumentException("styleTotal: expected a weight for at least one layer, given none");
    }
    Inputs.requireFinite("styleTotal", "alpha", alpha);
    Inputs.requireFinite("styleTotal", "beta", beta);
    for (double w : layerWeights) {
      Inputs.requireFinite("styleTotal", "layer weight", w);
    }
    return new Total(alpha, beta, layerWeights.clone());
  }

  /** The weighted sum of content and style. */
  public static final class Total {
    private final double alpha;
    private final double beta;
    private final double[] weights;

    private Total(double alpha, double beta, double[] weights) {
      this.alpha = alpha;
      this.beta = beta;
      this.weights = weights;
    }

    /**
     * The cost.
     *
     * @param content the content picture's activations
     * @param generated the generated picture's, of the same layer
     * @param styles the style picture's activations, layer by layer
     * @param generatedLayers the generated picture's, of the same layers
     * @throws IllegalArgumentException unless there are as many layers as weights
     */
    public Tensor apply(Tensor content, Tensor generated, List<Tensor> styles, List<Tensor> generatedLayers) {
      if (styles.size() != weights.length || generatedLayers.size() != weights.length) {
        throw new IllegalArgumentException(
            "styleTotal: expected " + weights.length + " layers, given " + styles.size() + " of the style and "
                + generatedLayers.size() + " generated");
      }
      Tensor cost = content().apply(content, generated).mul(alpha);
      for (int i = 0; i < weights.length; i++) {
        cost = cost.add(layer().apply(styles.get(i), generatedLayers.get(i)).mul(beta * weights[i]));
      }
      return cost;
    }
  }
}
