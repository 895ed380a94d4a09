/** The library; neurite.ops is internal. */
module dev.neurite {
  requires com.fasterxml.jackson.core;
  requires dev.neurite.natives;

  exports dev.neurite.autograd;
  exports dev.neurite.error;
  exports dev.neurite.tensor;
}
