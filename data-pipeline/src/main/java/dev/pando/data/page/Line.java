package dev.pando.data.page;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/// A block as the rules see it: what is left of its text once parts of the page are dropped.
///
/// @param owner the element that breaks lines around it
/// @param chars visible characters; an ideograph counts as two
/// @param level 1 to 6 for headings, else 0
/// @param item whether it is an item of a list
/// @param row the table row it is a cell of, or -1
record Line(int owner, String text, int chars, int linkChars, int level, boolean item, int row) {
    private static final int LONGEST_CELL = 200;
    private static final int LONGEST_JUNK = 400;
    private static final Pattern END = Pattern.compile("[.!?…:;。！？」』”\"’')]$");

    /// What publishing systems put between and after paragraphs, by how it begins.
    private static final Pattern JUNK =
            Pattern.compile(
                    "^(advertisements?|advert|anzeige|publicidad|publicité|реклама|sponsored|read (more|also|next)|see"
                            + " also|also read|related("
                            + " (articles?|stories|posts|topics|content|coverage|links))?:?$|related:|more:|watch:|read:|listen:|share"
                            + " this|share on|(click|tap) here|follow us|follow .{1,40} on"
                            + " (twitter|facebook|instagram)|sign up (for|to)|subscribe (to|now|here)|get (the"
                            + " latest|our)|join our|like us on|all rights reserved|copyright|©|\\(c\\) 20|your email"
                            + " address will not|comments are|leave a (comment|reply)|tell us what you think|posted"
                            + " (in|on|by)|filed under|tags?:|photo:|image:|source:|by clicking|download (the|our)"
                            + " .{0,30}app|story continues|continue reading|loading|thank you for|weiterlesen|lesen sie"
                            + " auch|mehr zum thema|das könnte sie|teilen|lire aussi|à lire aussi|leer también|lee"
                            + " también|leia (também|mais)|baca juga|читайте также)",
                    Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);

    private static final Pattern COOKIES =
            Pattern.compile(
                    "cookie.{0,200}(website|web site|webseite|site|browser|experience|consent|privacy)"
                            + "|(website|web site|webseite|site|browser|experience|consent|privacy).{0,200}cookie",
                    Pattern.CASE_INSENSITIVE);

    static List<Line> all(PageTree tree, boolean[] dropped) {
        List<Line> lines = new ArrayList<>();
        for (PageTree.Block block : tree.blocks) {
            if (!dropped[block.owner()]) {
                add(lines, tree, block, dropped);
            }
        }
        return lines;
    }

    private static void add(List<Line> lines, PageTree tree, PageTree.Block block, boolean[] dropped) {
        StringBuilder text = new StringBuilder();
        int chars = 0;
        int links = 0;
        for (PageTree.Run run : block.runs()) {
            if (!dropped[run.element()]) {
                text.append(run.text());
                int length = visible(run.text());
                chars += length;
                links += run.link() ? length : 0;
            }
        }
        if (chars == 0) {
            return;
        }
        int level = 0;
        boolean item = false;
        int row = -1;
        for (int e = block.owner(); e > 0; e = tree.parent[e]) {
            String tag = tree.tag(e);
            if (tag.length() == 2 && tag.charAt(0) == 'h' && Character.isDigit(tag.charAt(1))) {
                level = tag.charAt(1) - '0';
            }
            item |= tag.equals("li") || tag.equals("dd") || tag.equals("dt");
            if (tag.equals("tr")) {
                row = e;
            }
            if (tag.equals("section") || tag.equals("article") || row >= 0) {
                break;
            }
            if (tag.equals("div") && e != block.owner()) {
                break;
            }
        }
        lines.add(new Line(block.owner(), Whitespace.tidy(text), chars, links, level, item, row));
    }

    /// Paragraphs apart by a blank line, cells of a row by a space.
    static String join(List<Line> lines) {
        StringBuilder text = new StringBuilder();
        Line before = null;
        for (Line line : lines) {
            if (before != null) {
                boolean sameRow = line.row >= 0 && line.row == before.row;
                boolean short_ = line.chars < LONGEST_CELL && before.chars < LONGEST_CELL;
                text.append(sameRow && short_ ? " " : "\n\n");
            }
            text.append(line.text);
            before = line;
        }
        return text.toString();
    }

    boolean heading() {
        return level > 0;
    }

    double linkDensity() {
        return (double) linkChars / chars;
    }

    boolean isProse() {
        if (heading() || isJunk()) {
            return false;
        }
        int own = chars - linkChars;
        return own >= Selection.PROSE && linkDensity() < 0.7
                || chars >= 15 && linkDensity() < 0.3 && END.matcher(text).find();
    }

    boolean isJunk() {
        return chars < LONGEST_JUNK && JUNK.matcher(text).find() && chars < (text.length() > 160 ? 0 : 160)
                || COOKIES.matcher(text).find();
    }

    String bare() {
        return bare(text);
    }

    /// Letters and digits alone, in lower case.
    static String bare(String text) {
        StringBuilder bare = new StringBuilder(text.length());
        text.codePoints().filter(Character::isLetterOrDigit).forEach(bare::appendCodePoint);
        return bare.toString().toLowerCase(Locale.ROOT);
    }

    static int visible(String text) {
        int count = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            count += c <= ' ' || c == ' ' ? 0 : c >= '⺀' ? 2 : 1;
        }
        return count;
    }
}
