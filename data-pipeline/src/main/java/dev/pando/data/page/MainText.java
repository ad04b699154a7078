package dev.pando.data.page;

import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;

/// Finds the text that a page is about, and leaves out what is around it.
///
/// Names of classes and tags say what is around the text, guarded by how much prose they would take away; among what is
/// left, the element wins that holds the most prose and the least else. Belongs to one thread.
public final class MainText {
    private static final int LITTLE = 250;

    /// What was found on a page.
    ///
    /// @param text paragraphs, separated by blank lines; empty if there is no text
    /// @param cut whether the page has more nodes than were looked at
    public record Extracted(String title, String text, boolean cut) {}

    private final Role.Names names = new Role.Names();
    private final int nodes;

    /// @param nodes of a page that are looked at
    public MainText(int nodes) {
        this.nodes = nodes;
    }

    /// One page; never fails, whatever the page.
    public Extracted of(String html) {
        Document document = Jsoup.parse(html);
        StructuredData data = StructuredData.of(document);
        String title = Title.of(document, data);
        PageTree tree = PageTree.of(document.body(), nodes);
        String text = new Selection(tree, names, title, Selection.Strictness.STRICT).text();
        if (text.length() < LITTLE) {
            Selection lenient = new Selection(tree, names, title, Selection.Strictness.LENIENT);
            String more = lenient.text();
            text = more.length() > 2 * text.length() ? more : text;
            text = text.isEmpty() ? lenient.everything() : text;
        }
        return new Extracted(title, text, tree.isCut());
    }
}
