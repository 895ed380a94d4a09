package dev.neurite.vision;

/** Ways to give a box by four numbers; y grows downwards. */
public enum BoxFormat {
  /** Two corners: x1, y1, x2, y2. */
  XYXY,
  /** The corner at top left, then width and height. */
  XYWH,
  /** The centre, then width and height, as YOLO has them. */
  CXCYWH
}
