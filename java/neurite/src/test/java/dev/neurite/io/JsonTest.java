package dev.neurite.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.neurite.error.FormatException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String refusal(String text) {
    return assertThrows(FormatException.class, () -> Json.read("a.json", utf8(text))).reason();
  }

  @Test
  void valuesSurviveWritingAndReading() {
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("text", "größe ✓ \"\\\n");
    value.put("whole", Long.MIN_VALUE);
    value.put("number", 0.1);
    value.put("list", Arrays.asList(true, false, null, 1.5e300, List.of()));
    value.put("empty", Map.of());

    assertEquals(value, Json.read("a.json", Json.write(value, false)));
    assertEquals(value, Json.readObject("a.json", Json.write(value, true)));
  }

  @Test
  void whatIsNotStrictJsonIsRefused() {
    for (String text : List.of("", "{", "{'a':1}", "{\"a\":1,}", "[1 2]", "NaN", "// x\n1", "01", "1 2", "\u0000")) {
      refusal(text);
    }
    assertEquals("expected nothing after the JSON value", refusal("1 2"));
    assertEquals("expected a number within binary64, given 1e400", refusal("1e400"));
    assertTrue(refusal("9223372036854775808").contains("out of range"), refusal("9223372036854775808"));
    assertTrue(refusal("{\"a\":1,\"a\":2}").contains("Duplicate"), refusal("{\"a\":1,\"a\":2}"));
    assertTrue(refusal("[".repeat(100)).contains("nesting"), refusal("[".repeat(100)));
    assertEquals(
        "expected a JSON object", assertThrows(FormatException.class, () -> Json.readObject("a", utf8("[]"))).reason());
  }

  @Test
  void whatJsonCannotHoldIsNotWritten() {
    assertThrows(IllegalArgumentException.class, () -> Json.write(Double.NaN, false));
    assertThrows(IllegalArgumentException.class, () -> Json.write(new Object(), false));
  }
}
