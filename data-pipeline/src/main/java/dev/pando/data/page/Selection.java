package dev.pando.data.page;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Chooses the element that holds the article, and those of its lines that belong to it.
final class Selection {
    static final int PROSE = 40;
    private static final int ENOUGH = 250; // characters of an article, at the least

    /// How much a name may take away: first all that says it is around the text, then only what must be.
    enum Strictness {
        STRICT,
        LENIENT
    }

    private final PageTree tree;
    private final Strictness strictness;
    private final String title;
    final Role[] roles;
    final boolean[] dropped;
    private final long[] prose;
    private final List<Line> lines;

    Selection(PageTree tree, Role.Names names, String title, Strictness strictness) {
        this.tree = tree;
        this.strictness = strictness;
        this.title = Line.bare(title);
        int n = tree.size();
        roles = new Role[n];
        for (int e = 0; e < n; e++) {
            roles[e] = names.of(tree.elements[e]);
        }
        dropped = new boolean[n];
        prose = prose();
        if (n > 0) {
            dropTeasers();
            drop();
        }
        lines = Line.all(tree, dropped);
    }

    /// Prose under each element, whatever its role: what guards a big part against a misleading name.
    private long[] prose() {
        long[] sums = new long[tree.size()];
        for (PageTree.Block block : tree.blocks) {
            int chars = 0;
            int links = 0;
            for (PageTree.Run run : block.runs()) {
                int length = Line.visible(run.text());
                chars += length;
                links += run.link() ? length : 0;
            }
            if (chars >= 2 * PROSE && links < chars / 2) {
                sums[block.owner()] += chars;
            }
        }
        for (int e = sums.length - 1; e > 0; e--) {
            sums[tree.parent[e]] += sums[e];
        }
        return sums;
    }

    private void drop() {
        long all = Math.max(1, prose[0]);
        boolean elsewhere = proseOutside() > ENOUGH;
        double around = strictness == Strictness.LENIENT ? 0.15 : elsewhere ? 0.6 : 0.4;
        boolean[] quotes = quotes();
        Map<Long, long[]> alike = alike();
        for (int e = 1; e < dropped.length; e++) {
            if (dropped[e] || dropped[tree.parent[e]]) {
                dropped[e] = true;
                continue;
            }
            double share = (double) prose[e] / all;
            dropped[e] =
                    switch (roles[e]) {
                        case HIDDEN -> share < 0.7;
                        case AROUND -> share < around && (double) alike.get(key(e))[0] / all < around;
                        case SUSPECT ->
                                strictness == Strictness.STRICT
                                        && share < 0.15
                                        && prose[e] < 300
                                        && !quotes[e]
                                        && !isTablePart(tree.tag(e))
                                        && (double) alike.get(key(e))[0] / all < 0.35;
                        case BODY, CONTENT, NEUTRAL -> false;
                    };
        }
    }

    private static boolean isTablePart(String tag) {
        return tag.equals("tr") || tag.equals("td") || tag.equals("th") || tag.equals("tbody") || tag.equals("table");
    }

    /// Prose that no name claims to be around the text.
    private long proseOutside() {
        boolean[] inside = new boolean[dropped.length];
        long outside = 0;
        long[] own = prose.clone();
        for (int e = dropped.length - 1; e > 0; e--) {
            own[tree.parent[e]] -= prose[e];
        }
        for (int e = 0; e < dropped.length; e++) {
            inside[e] = roles[e] == Role.AROUND || roles[e] == Role.HIDDEN || e > 0 && inside[tree.parent[e]];
            outside += inside[e] ? 0 : own[e];
        }
        return outside;
    }

    /// Elements that hold a quoted post, whose words belong to the article.
    private boolean[] quotes() {
        boolean[] quotes = new boolean[dropped.length];
        for (int e = dropped.length - 1; e > 0; e--) {
            quotes[e] |= tree.tag(e).equals("blockquote");
            quotes[tree.parent[e]] |= quotes[e];
        }
        return quotes;
    }

    /// Prose of all siblings whose names say the same: a page of slides or of messages is those.
    private Map<Long, long[]> alike() {
        Map<Long, long[]> sums = new HashMap<>();
        for (int e = 1; e < dropped.length; e++) {
            if (roles[e] == Role.AROUND || roles[e] == Role.SUSPECT) {
                sums.computeIfAbsent(key(e), _ -> new long[1])[0] += prose[e];
            }
        }
        return sums;
    }

    private long key(int e) {
        return 2L * tree.parent[e] + (roles[e] == Role.AROUND ? 1 : 0);
    }

    /// Drops lists of other pages: two or more alike elements, each with a heading that is a link.
    private void dropTeasers() {
        Map<String, List<Integer>> alike = new HashMap<>();
        for (PageTree.Block block : tree.blocks) {
            int heading = block.owner();
            while (heading > 0 && tree.parent[heading] > 0 && !isHeading(heading) && tree.end[heading] - heading < 6) {
                heading = tree.parent[heading];
            }
            if (isHeading(heading) && isLink(block)) {
                int holder = tree.parent[heading];
                while (holder > 0 && !isHolder(holder)) {
                    holder = tree.parent[holder];
                }
                if (holder > 0 && prose[holder] < 0.3 * prose[0]) {
                    String kind = tree.tag(holder) + " " + tree.elements[holder].className();
                    alike.computeIfAbsent(kind, _ -> new ArrayList<>()).add(holder);
                }
            }
        }
        for (List<Integer> holders : alike.values()) {
            List<Integer> distinct = holders.stream().distinct().toList();
            long together = distinct.stream().mapToLong(holder -> prose[holder]).sum();
            if (distinct.size() > 1 && together < 0.5 * prose[0]) {
                distinct.forEach(holder -> dropped[holder] = true);
            }
        }
    }

    private boolean isHeading(int element) {
        String tag = tree.tag(element);
        return tag.length() == 2 && tag.charAt(0) == 'h' && Character.isDigit(tag.charAt(1));
    }

    private static boolean isLink(PageTree.Block block) {
        for (PageTree.Run run : block.runs()) {
            if (!run.link() && Line.visible(run.text()) > 0) {
                return false;
            }
        }
        return true;
    }

    private boolean isHolder(int element) {
        return switch (tree.tag(element)) {
            case "article", "li", "div", "section" -> true;
            default -> false;
        };
    }

    String text() {
        int root = choose();
        int to = tree.size() == 0 ? 0 : tree.end[root];
        List<Line> chosen = new ArrayList<>();
        for (Line line : lines) {
            if (line.owner() >= root && line.owner() < to && keeps(line)) {
                chosen.add(line);
            }
        }
        return Line.join(trimmed(chosen));
    }

    /// All that a reader sees outside of navigation and the like: for pages that have no article.
    String everything() {
        return Line.join(lines.stream().filter(line -> line.linkDensity() <= 0.6 && !line.isJunk()).toList());
    }

    /// Without the short lines before and after the text: title, author, date, tags.
    private List<Line> trimmed(List<Line> chosen) {
        int first = 0;
        while (first < chosen.size() && !isBody(chosen.get(first))) {
            first++;
        }
        while (first > 0 && first < chosen.size() && isSubheading(chosen.get(first - 1))) {
            first--;
        }
        int last = chosen.size();
        while (last > first && !isBody(chosen.get(last - 1))) {
            last--;
        }
        return chosen.subList(first, last);
    }

    private boolean isSubheading(Line line) {
        return line.heading() && line.level() > 1 && line.linkDensity() == 0 && !isTitle(line);
    }

    private boolean isTitle(Line line) {
        String bare = line.bare();
        return !bare.isEmpty() && !title.isEmpty() && (title.contains(bare) || bare.contains(title));
    }

    private boolean keeps(Line line) {
        if (line.isJunk() || line.heading() && line.level() == 1 && isTitle(line)) {
            return false;
        }
        return line.linkDensity() <= 0.6 || line.chars() - line.linkChars() > 60;
    }

    private static boolean isBody(Line line) {
        return line.isProse() || (line.item() || line.row() >= 0) && line.linkDensity() < 0.3 && line.chars() > 1;
    }

    int choose() {
        int n = tree.size();
        double[] good = new double[n];
        double[] noise = new double[n];
        for (Line line : lines) {
            if (line.isJunk()) {
                noise[line.owner()] += line.chars();
            } else if (line.isProse()) {
                good[line.owner()] += line.chars() - line.linkChars();
                noise[line.owner()] += line.linkChars() * 0.5;
            } else if (!line.heading() && line.row() < 0) {
                noise[line.owner()] += line.chars();
            }
        }
        for (int e = n - 1; e > 0; e--) {
            good[tree.parent[e]] += good[e];
            noise[tree.parent[e]] += noise[e];
        }
        int best = 0;
        double most = Double.NEGATIVE_INFINITY;
        for (int e = 0; e < n; e++) {
            if (dropped[e]) {
                continue;
            }
            double score = good[e] - (strictness == Strictness.STRICT ? 0.5 : 0.1) * noise[e];
            double boost =
                    switch (roles[e]) {
                        case BODY -> 1.4;
                        case CONTENT -> tree.tag(e).equals("article") ? 1.15 : 1.1;
                        default -> 1.0;
                    };
            score = score > 0 ? score * boost : score;
            if (score > most || score == most && tree.parent[e] >= best) {
                most = score;
                best = e;
            }
        }
        return best;
    }
}
