package dev.neurite.train;

import java.util.Locale;

/** The doctor's report as one HTML file without scripts or outside parts. */
final class DiagnosisPage {

  private static final double DECADES = 12; // a full bar is 1e3, an empty one 1e-9
  private static final double LOWEST = -9;

  private DiagnosisPage() {}

  static String of(String title, Diagnosis d) {
    StringBuilder page = new StringBuilder();
    page.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Doctor: ").append(safe(title));
    page.append("</title>\n<style>\n");
    page.append("body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}\n");
    page.append("h1{font-size:1.4em} .verdict{padding:.6em 1em;border-radius:6px;background:");
    page.append(d.healthy() ? "#e3f4e3" : "#fdecea").append("}\n");
    page.append("table{border-collapse:collapse} td:first-child,th:first-child{text-align:left}\n");
    page.append("td,th{padding:.2em .8em;text-align:right;border-bottom:1px solid #ddd}\n");
    page.append(".bar{display:inline-block;height:.8em;background:#1f77b4}\n");
    page.append(".critical{color:#b00020} .warning{color:#9a5b00}\n</style></head><body>\n");
    page.append("<h1>Doctor: ").append(safe(title)).append("</h1>\n");
    page.append("<p class=\"verdict\"><b>").append(safe(d.verdict())).append("</b></p>\n<ol>\n");
    for (Finding f : d.findings()) {
      String severity = f.severity().name().toLowerCase(Locale.ROOT);
      page.append("<li><b class=\"").append(severity).append("\">").append(f.kind().words()).append("</b> (");
      page.append(severity).append(")<br>").append(safe(f.explanation()));
      page.append("<br><i>What to do: ").append(safe(f.advice())).append("</i></li>\n");
    }
    page.append("</ol>\n");
    if (d.errors() != null) {
      page.append("<p>Errors: ").append(safe(d.errors().toString())).append("</p>\n");
    }
    if (d.fit() != null) {
      page.append("<p>Fit: ").append(safe(d.fit().toString())).append("</p>\n");
    }
    layers(page, d);
    return page.append("</body></html>\n").toString();
  }

  private static void layers(StringBuilder page, Diagnosis d) {
    if (d.layers().isEmpty()) {
      return;
    }
    page.append("<table><tr><th>layer</th><th>activation</th><th>gradient</th><th>(1e-9 to 1e3)</th><th>step</th>");
    page.append("<th>mean</th><th>deviation</th><th>dead</th><th>saturated</th></tr>\n");
    for (LayerHealth l : d.layers()) {
      page.append("<tr><td>").append(safe(l.layer())).append("</td><td>").append(safe(l.activation()));
      page.append("</td><td>");
      page.append(cell(l.gradient())).append("</td><td style=\"text-align:left\"><span class=\"bar\" style=\"width:");
      page.append(width(l.gradient())).append("px\"></span></td><td>").append(cell(l.update())).append("</td><td>");
      page.append(cell(l.mean())).append("</td><td>").append(cell(l.deviation())).append("</td><td>");
      page.append(LayerRules.percent(l.dead())).append("</td><td>").append(LayerRules.percent(l.saturated()));
      page.append("</td></tr>\n");
    }
    page.append("</table>\n");
  }

  private static long width(double gradient) {
    double share = gradient > 0 ? (Math.log10(gradient) - LOWEST) / DECADES : 0;
    return Math.round(240 * Math.min(1, Math.max(0, share)));
  }

  private static String cell(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.2e", value);
  }

  static String safe(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
  }
}
