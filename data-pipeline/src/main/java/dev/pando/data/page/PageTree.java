package dev.pando.data.page;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;

/// A page flattened into numbered elements and blocks of text, so that every rule is a loop over arrays.
///
/// Elements are numbered in document order; the subtree of element `e` is `[e, end[e])`. A block is text between two
/// breaks: what a reader sees as one paragraph, heading or cell. Nothing here recurses, so depth costs no stack.
final class PageTree {
    private static final Set<String> SKIPPED =
            Set.of(
                    "script",
                    "style",
                    "noscript",
                    "template",
                    "svg",
                    "iframe",
                    "object",
                    "embed",
                    "select",
                    "option",
                    "button",
                    "textarea",
                    "input",
                    "canvas",
                    "audio",
                    "video",
                    "head",
                    "map",
                    "dialog",
                    "datalist");
    private static final Set<String> BLOCKS =
            Set.of(
                    "p",
                    "div",
                    "section",
                    "article",
                    "h1",
                    "h2",
                    "h3",
                    "h4",
                    "h5",
                    "h6",
                    "li",
                    "ul",
                    "ol",
                    "dl",
                    "dt",
                    "dd",
                    "table",
                    "tbody",
                    "thead",
                    "tfoot",
                    "tr",
                    "td",
                    "th",
                    "blockquote",
                    "pre",
                    "header",
                    "footer",
                    "main",
                    "aside",
                    "nav",
                    "form",
                    "fieldset",
                    "figure",
                    "figcaption",
                    "address",
                    "hr",
                    "details",
                    "summary",
                    "center",
                    "body",
                    "html",
                    "caption",
                    "hgroup",
                    "menu",
                    "picture",
                    "label",
                    "legend");

    /// Text of one inline element within a block.
    record Run(int element, boolean link, String text) {}

    /// Text between two breaks.
    ///
    /// @param owner the nearest element that breaks lines
    record Block(int owner, List<Run> runs) {}

    final Element[] elements;
    final int[] parent;
    final int[] end;
    final List<Block> blocks;
    private final boolean cut;

    private PageTree(Element[] elements, int[] parent, int[] end, List<Block> blocks, boolean cut) {
        this.elements = elements;
        this.parent = parent;
        this.end = end;
        this.blocks = blocks;
        this.cut = cut;
    }

    int size() {
        return elements.length;
    }

    /// Whether the page has more nodes than were looked at.
    boolean isCut() {
        return cut;
    }

    String tag(int element) {
        return elements[element].normalName();
    }

    /// @param nodes most nodes that are looked at
    static PageTree of(Element body, int nodes) {
        return new Builder(nodes).build(body);
    }

    private static final class Builder {
        private final int budget;
        private Element[] elements = new Element[512];
        private int[] parent = new int[512];
        private int[] end = new int[512];
        private int count;
        private final List<Block> blocks = new ArrayList<>();
        private List<Run> runs = new ArrayList<>();
        private int owner;
        private int links;
        private boolean breaks; // the last thing was a <br>

        Builder(int budget) {
            this.budget = budget;
        }

        PageTree build(Element body) {
            Node node = body;
            int current = -1;
            int seen = 0;
            boolean cut = false;
            while (node != null) {
                boolean entered = false;
                if (++seen > budget) {
                    cut = true;
                    break;
                }
                if (node instanceof TextNode text) {
                    text(current, text.getWholeText());
                } else if (node instanceof Element element && !SKIPPED.contains(element.normalName())) {
                    current = open(current, element);
                    entered = true;
                }
                if (entered && node.childNodeSize() > 0) {
                    node = node.firstChild();
                    continue;
                }
                if (entered) {
                    current = close(current);
                }
                while (!node.equals(body) && node.nextSibling() == null) {
                    node = node.parent();
                    current = close(current);
                }
                node = node.equals(body) ? null : node.nextSibling();
            }
            while (current >= 0) {
                current = close(current);
            }
            flush();
            return new PageTree(
                    Arrays.copyOf(elements, count),
                    Arrays.copyOf(parent, count),
                    Arrays.copyOf(end, count),
                    blocks,
                    cut);
        }

        private int open(int current, Element element) {
            if (count == elements.length) {
                elements = Arrays.copyOf(elements, 2 * count);
                parent = Arrays.copyOf(parent, 2 * count);
                end = Arrays.copyOf(end, 2 * count);
            }
            int index = count++;
            elements[index] = element;
            parent[index] = current;
            String tag = element.normalName();
            if (tag.equals("br")) {
                lineBreak(index);
            } else if (BLOCKS.contains(tag)) {
                flush();
                owner = index;
            } else if (tag.equals("a")) {
                links++;
            }
            return index;
        }

        private int close(int index) {
            end[index] = count;
            String tag = elements[index].normalName();
            int above = parent[index];
            if (BLOCKS.contains(tag)) {
                flush();
                owner = above;
                while (owner > 0 && !BLOCKS.contains(elements[owner].normalName())) {
                    owner = parent[owner];
                }
            } else if (tag.equals("a")) {
                links--;
            }
            return above;
        }

        private void lineBreak(int index) {
            if (breaks) {
                flush();
            } else if (!runs.isEmpty()) {
                runs.add(new Run(index, links > 0, "\n"));
                breaks = true;
            }
        }

        private void text(int current, String text) {
            if (text.isBlank()) {
                if (!runs.isEmpty() && !text.isEmpty()) {
                    runs.add(new Run(current, links > 0, " "));
                }
                return;
            }
            breaks = false;
            runs.add(new Run(current, links > 0, text));
        }

        private void flush() {
            breaks = false;
            if (!runs.isEmpty()) {
                blocks.add(new Block(Math.max(0, owner), runs));
                runs = new ArrayList<>();
            }
        }
    }
}
