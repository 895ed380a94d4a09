/** The library; dev.neurite.ops is internal. */
module dev.neurite {
  requires com.fasterxml.jackson.core;
  requires dev.neurite.natives;

  exports dev.neurite;
  exports dev.neurite.audio;
  exports dev.neurite.autograd;
  exports dev.neurite.data;
  exports dev.neurite.error;
  exports dev.neurite.init;
  exports dev.neurite.io;
  exports dev.neurite.loss;
  exports dev.neurite.metric;
  exports dev.neurite.nn;
  exports dev.neurite.optim;
  exports dev.neurite.regularizer;
  exports dev.neurite.tensor;
  exports dev.neurite.text;
  exports dev.neurite.train;
  exports dev.neurite.vision;
}
