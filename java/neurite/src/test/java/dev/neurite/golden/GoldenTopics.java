package dev.neurite.golden;

import java.util.List;

/** All groups of handlers. */
final class GoldenTopics {

  static final List<GoldenTopic> ALL =
      List.of(
          new ElementwiseGolden(),
          new ReduceGolden(),
          new ShapeGolden(),
          new LinalgGolden(),
          new AudioGolden(),
          new ConvGolden(),
          new PoolGolden(),
          new SpatialGolden(),
          new DenseGolden(),
          new NormGolden(),
          new RecurrentGolden(),
          new MiscGolden(),
          new AttentionGolden(),
          new LossGolden(),
          new CtcGolden(),
          new TorchLossGolden(),
          new SpecialLossGolden(),
          new MetricGolden(),
          new ExactMetricGolden(),
          new OptimizerGolden(),
          new ScheduleGolden(),
          new PracticeGolden(),
          new InitGolden(),
          new TrainingGolden(),
          new TextGolden(),
          new TensorFileGolden(),
          new DataGolden(),
          new VisionGolden(),
          new ReaderGolden());

  private GoldenTopics() {}
}
