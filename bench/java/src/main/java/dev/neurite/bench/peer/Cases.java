package dev.neurite.bench.peer;

/** Makes the work of a case from its kind; any sizes, not only the listed ones. */
public final class Cases {

  private Cases() {}

  /** The work of a line {@code name kind key=value ...}. */
  public static Work of(String line) {
    return make(CaseLine.parse(line));
  }

  static Work make(CaseLine c) {
    return switch (c.kind()) {
      case "gemm" -> new GemmWork(c);
      case "conv" -> new ConvWork(c);
      case "pool" -> PlainWork.pool(c);
      case "bn" -> PlainWork.batchNorm(c);
      case "ln" -> PlainWork.layerNorm(c);
      case "softmax" -> PlainWork.softmax(c);
      case "ce" -> PlainWork.crossEntropy(c);
      case "eltwise" -> PlainWork.elementwise(c);
      case "dropout" -> PlainWork.dropout(c);
      case "reduce" -> PlainWork.reduce(c);
      case "adam" -> PlainWork.adam(c);
      case "embed" -> PlainWork.embedding(c);
      case "rnn" -> new RecurrentWork(c);
      case "attn" -> new AttentionWork(c);
      case "ctc" -> new CtcWork(c);
      case "tiny" -> PlainWork.tiny(c);
      case "train" -> new TrainWork(c);
      case "infer" -> new InferWork(c);
      default -> throw new Work.Skip("no case of kind " + c.kind());
    };
  }
}
