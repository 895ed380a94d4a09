package dev.neurite.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import dev.neurite.error.FormatException;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Strict JSON to and from plain values: {@code Map<String, Object>}, {@code List<Object>}, {@code
 * String}, {@code Long}, {@code Double}, {@code Boolean}, null. No class is ever looked up by a
 * name in the text.
 *
 * <p>Refused: text that is not UTF-8, keys given twice, nesting deeper than {@value #MAX_DEPTH},
 * more than {@value #MAX_VALUES} values, whole numbers beyond 64 bits, anything after the value.
 */
public final class Json {

  /** Deepest nesting read. */
  public static final int MAX_DEPTH = 64;

  /** Most values read. */
  public static final int MAX_VALUES = 2_000_000;

  private static final int MAX_NAME = 4096;
  private static final int MAX_STRING = 1 << 20;
  private static final int MAX_NUMBER = 400; // digits of a binary64 written out in full, and some

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNameLength(MAX_NAME)
                  .maxStringLength(MAX_STRING)
                  .maxNumberLength(MAX_NUMBER)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  private Json() {}

  /**
   * Reads one value.
   *
   * @param file what messages call the text
   * @param bytes UTF-8
   * @throws FormatException for anything else than one strict JSON value within the limits
   */
  public static Object read(String file, byte[] bytes) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes))
          .toString();
    } catch (CharacterCodingException e) {
      throw new FormatException(file, -1, "expected JSON in UTF-8, given other bytes", e);
    }
    try (JsonParser parser = FACTORY.createParser(text)) {
      return new Reader(file, parser).whole();
    } catch (JsonProcessingException e) {
      long at = e.getLocation() == null ? -1 : e.getLocation().getCharOffset();
      throw new FormatException(file, at, "expected JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(file, e);
    }
  }

  /** Reads one object. */
  public static Map<String, Object> readObject(String file, byte[] bytes) {
    if (read(file, bytes) instanceof Map<?, ?> map) {
      Map<String, Object> object = new LinkedHashMap<>();
      map.forEach((k, v) -> object.put((String) k, v));
      return object;
    }
    throw new FormatException(file, 0, "expected a JSON object");
  }

  /** Counts values as it goes; recursion is bounded by the parser's depth limit. */
  private static final class Reader {
    private final String file;
    private final JsonParser parser;
    private int values;

    Reader(String file, JsonParser parser) {
      this.file = file;
      this.parser = parser;
    }

    Object whole() throws IOException {
      if (parser.nextToken() == null) {
        throw new FormatException(file, 0, "expected JSON, given nothing");
      }
      Object value = value();
      if (parser.nextToken() != null) {
        throw new FormatException(file, at(), "expected nothing after the JSON value");
      }
      return value;
    }

    private long at() {
      return parser.currentTokenLocation().getCharOffset();
    }

    private Object value() throws IOException {
      if (++values > MAX_VALUES) {
        throw new FormatException(file, at(), "expected at most " + MAX_VALUES + " values");
      }
      JsonToken token = parser.currentToken();
      switch (token) {
        case START_OBJECT:
          Map<String, Object> map = new LinkedHashMap<>();
          while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            parser.nextToken();
            map.put(key, value());
          }
          return map;
        case START_ARRAY:
          List<Object> list = new ArrayList<>();
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            list.add(value());
          }
          return list;
        case VALUE_STRING:
          return parser.getText();
        case VALUE_NUMBER_INT:
          return parser.getLongValue(); // throws beyond 64 bits
        case VALUE_NUMBER_FLOAT:
          return finite(parser.getDoubleValue());
        case VALUE_TRUE:
          return true;
        case VALUE_FALSE:
          return false;
        case VALUE_NULL:
          return null;
        default:
          throw new FormatException(file, at(), "expected a JSON value, given " + token);
      }
    }

    private double finite(double v) throws IOException {
      if (Double.isInfinite(v)) {
        throw new FormatException(file, at(), "expected a number within binary64, given " + parser.getText());
      }
      return v;
    }
  }

  /**
   * Writes one value.
   *
   * @param value made of the types {@link #read} returns (any {@code Number} and {@code Map} will
   *     do)
   * @param indent true for one entry per line
   * @throws IllegalArgumentException for other types, NaN and infinities
   */
  public static byte[] write(Object value, boolean indent) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = FACTORY.createGenerator(text)) {
      if (indent) {
        out.setPrettyPrinter(new DefaultPrettyPrinter());
      }
      write(out, value);
    } catch (IOException e) {
      throw new UncheckedIOException("JSON", e);
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void write(JsonGenerator out, Object value) throws IOException {
    if (value == null) {
      out.writeNull();
    } else if (value instanceof String s) {
      out.writeString(s);
    } else if (value instanceof Boolean b) {
      out.writeBoolean(b);
    } else if (value instanceof Double || value instanceof Float) {
      double d = ((Number) value).doubleValue();
      if (!Double.isFinite(d)) {
        throw new IllegalArgumentException("JSON: expected a finite number, given " + d);
      }
      out.writeNumber(d);
    } else if (value instanceof Number n) {
      out.writeNumber(n.longValue());
    } else if (value instanceof Map<?, ?> map) {
      out.writeStartObject();
      for (Map.Entry<?, ?> e : map.entrySet()) {
        out.writeFieldName((String) e.getKey());
        write(out, e.getValue());
      }
      out.writeEndObject();
    } else if (value instanceof Iterable<?> all) {
      out.writeStartArray();
      for (Object v : all) {
        write(out, v);
      }
      out.writeEndArray();
    } else {
      throw new IllegalArgumentException("JSON: cannot write " + value.getClass().getName());
    }
  }
}
