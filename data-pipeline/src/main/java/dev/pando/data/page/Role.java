package dev.pando.data.page;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jsoup.nodes.Element;

/// What an element's tag, class, id and ARIA role say it is for.
enum Role {
    /// The article's own text, by the names that publishing systems give it.
    BODY,
    /// Something that holds the article, perhaps among other things.
    CONTENT,
    NEUTRAL,
    /// Perhaps not of the text: dropped unless much of the page's text lies in it.
    SUSPECT,
    /// Around the text: navigation, comments, sharing, related pages, advertising.
    AROUND,
    /// Not shown.
    HIDDEN;

    private static final Set<String> AROUND_TAGS = Set.of("nav", "footer", "aside", "figcaption", "menu");

    private static final Set<String> AROUND_ARIA =
            Set.of(
                    "navigation",
                    "banner",
                    "complementary",
                    "contentinfo",
                    "search",
                    "dialog",
                    "menu",
                    "menubar",
                    "toolbar",
                    "alert",
                    "alertdialog",
                    "tablist",
                    "tooltip");

    /// Words of a name, whole, that mean something around the text.
    private static final Set<String> AROUND_WORDS =
            words(
                    """
                    comment comments disqus respond share sharing shares sharebar social related recommended
                    recommendations recommend recirc sidebar rail nav navigation navbar menu submenu breadcrumb
                    breadcrumbs footer newsletter newsletters ad ads adunit advert adverts advertisement advertising
                    sponsor sponsored sponsors promo promos promotion outbrain taboola cookie cookies consent gdpr
                    modal popup lightbox subscribe subscription signup login signin register pagination pager paging
                    tags taglist popular trending toolbar byline bylines caption captions copyright addthis
                    sharethis sharedaddy relatedposts authorbox authorbio teaser teasers widgets
                    banner skiplink noprint printonly livefyre masthead topbar pingback trackback
                    trackbacks metadata timestamp pubdate rating ratings votes upvote carousel
                    readmore moreon upnext playlist catlinks editsection hatnote navbox
                    noexcerpt screenreadertext sronly visuallyhidden tooltip sitemap feedback survey donate
                    donation paywall partners trc interlink crosslink followus follow jobs classifieds weather
                    ticker
                    """);

    /// Words that mean it only for a small part.
    private static final Set<String> SUSPECT_WORDS =
            words(
                    """
                    author authors meta info date time credit credits tag category categories more next prev
                    previous header head title headline subtitle video player gallery slideshow slider slide photo
                    image media thumb thumbnail link links button buttons btn icon bio profile about
                    avatar topics topic embed embedded facebook pinterest whatsapp email print bottom extra tools
                    options counter views badge label eyebrow kicker stories latest trend hot series card
                    cards cta callout module ranking poll quiz correction disclaimer disclosure notice alert message
                    help contact reply source sources license legal edition app download product products shop buy
                    price sale deal coupon
                    """);

    private static final Set<String> BODY_NAMES =
            words(
                    """
                    articlebody entrycontent postcontent articlecontent storybody storycontent postbody bodycopy
                    articletext storytext entrybody postentry bodytext maincontenttext articlebodytext bodycontent
                    contentbody richtext posttext articlebodycontent newsbody newstext newscontent blogcontent
                    blogbody fulltext singlecontent contenttext articlemaincontent entrytext textcontent
                    mwparseroutput mwcontenttext wikitext markdownbody postarticle storybodytext articlecopy
                    """);

    private static final Set<String> CONTENT_WORDS =
            Set.of("article", "content", "story", "post", "entry", "main", "text", "body", "blog", "hentry", "page");

    private static Set<String> words(String text) {
        return Set.of(text.strip().split("\\s+"));
    }

    private static final int REMEMBERED = 20_000;

    /// Names repeat from page to page; a reader of pages keeps what it found.
    static final class Names {
        private final Map<String, Role> known = new HashMap<>();

        Role of(Element element) {
            Role role = byAttributes(element);
            if (role != NEUTRAL) {
                return role;
            }
            Role byClass = named(element.attributes().getIgnoreCase("class"));
            Role byId = named(element.attributes().getIgnoreCase("id"));
            return strongest(byClass, byId, byTag(element.normalName()));
        }

        private Role named(String name) {
            if (name.isEmpty()) {
                return NEUTRAL;
            }
            Role role = known.get(name);
            if (role == null) {
                role = byName(name);
                if (known.size() < REMEMBERED && name.length() < 200) {
                    known.put(name, role);
                }
            }
            return role;
        }
    }

    private static Role strongest(Role a, Role b, Role c) {
        if (a == HIDDEN || b == HIDDEN) {
            return HIDDEN;
        }
        if (a == BODY || b == BODY) {
            return BODY;
        }
        Role worst = a.compareTo(b) > 0 ? a : b;
        worst = worst.compareTo(c) > 0 ? worst : c;
        if (worst == AROUND || worst == SUSPECT) {
            return worst == SUSPECT && c == CONTENT ? CONTENT : worst;
        }
        return a == CONTENT || b == CONTENT || c == CONTENT ? CONTENT : NEUTRAL;
    }

    private static Role byTag(String tag) {
        if (AROUND_TAGS.contains(tag)) {
            return AROUND;
        }
        return switch (tag) {
            case "article", "main" -> CONTENT;
            case "header", "address", "figure", "details", "form" -> SUSPECT;
            default -> NEUTRAL;
        };
    }

    private static Role byAttributes(Element element) {
        if (element.attributesSize() == 0) {
            return NEUTRAL;
        }
        String style = element.attributes().getIgnoreCase("style");
        if (!style.isEmpty() && (hides(style, "display", "none") || hides(style, "visibility", "hidden"))
                || element.hasAttr("hidden")) {
            return HIDDEN;
        }
        if (element.attributes().getIgnoreCase("itemprop").contains("articleBody")) {
            return BODY;
        }
        String aria = element.attributes().getIgnoreCase("role");
        if (!aria.isEmpty()) {
            if (AROUND_ARIA.contains(aria)) {
                return AROUND;
            }
            if (aria.equals("article") || aria.equals("main")) {
                return CONTENT;
            }
        }
        return element.attributes().getIgnoreCase("aria-hidden").equals("true") ? SUSPECT : NEUTRAL;
    }

    private static boolean hides(String style, String property, String value) {
        int at = style.indexOf(property);
        if (at < 0) {
            return false;
        }
        int from = at + property.length();
        while (from < style.length() && (style.charAt(from) == ' ' || style.charAt(from) == ':')) {
            from++;
        }
        return style.startsWith(value, from);
    }

    /// Looks at each class of a class list: its words, and all of it run together.
    private static Role byName(String name) {
        Role best = NEUTRAL;
        boolean body = false;
        for (String one : name.trim().split("\\s+")) {
            Role role = byOne(one);
            body |= role == BODY;
            if (role == HIDDEN) {
                return HIDDEN;
            }
            if (role == AROUND || role == SUSPECT || best == NEUTRAL) {
                best = best.compareTo(role) > 0 && best != NEUTRAL ? best : role;
            }
        }
        return body ? BODY : best;
    }

    private static Role byOne(String name) {
        if (name.startsWith("tag-") && !name.startsWith("tag-list") || name.startsWith("category-")) {
            return NEUTRAL; // what WordPress says the post is about
        }
        if (name.startsWith("twitter-tweet") || name.startsWith("instagram-media")) {
            return CONTENT;
        }
        if (name.startsWith("widget")) {
            return AROUND;
        }
        StringBuilder joined = new StringBuilder();
        Role role = NEUTRAL;
        int last = 0;
        String lastWord = "";
        for (int i = 1; i <= name.length(); i++) {
            if (i == name.length() || isBreak(name, i)) {
                String word = word(name, last, i);
                if (!word.isEmpty()) {
                    joined.append(word);
                    role = worse(role, ofWord(word, lastWord));
                    lastWord = word;
                }
                last = i;
            }
        }
        String whole = joined.toString();
        if (BODY_NAMES.contains(whole)) {
            return BODY;
        }
        for (String body : BODY_ENDINGS) {
            if (whole.endsWith(body) || whole.startsWith(body) && role != AROUND) {
                return BODY;
            }
        }
        if (role == NEUTRAL || role == CONTENT) {
            return AROUND_WORDS.contains(whole) ? AROUND : role;
        }
        return role;
    }

    private static final String[] BODY_ENDINGS = {
        "articlebody", "entrycontent", "postcontent", "storybody", "articlecontent", "postbody"
    };

    private static Role ofWord(String word, String before) {
        if (word.equals("hidden") && before.isEmpty() || word.equals("hide") && before.isEmpty()) {
            return SUSPECT;
        }
        if (AROUND_WORDS.contains(word)) {
            return AROUND;
        }
        if (SUSPECT_WORDS.contains(word)) {
            return SUSPECT;
        }
        return CONTENT_WORDS.contains(word) ? CONTENT : NEUTRAL;
    }

    private static Role worse(Role a, Role b) {
        return a.compareTo(b) > 0 && a != NEUTRAL ? a : b == NEUTRAL ? a : b;
    }

    private static boolean isBreak(String name, int i) {
        char here = name.charAt(i);
        char before = name.charAt(i - 1);
        if (!Character.isLetterOrDigit(here) || !Character.isLetterOrDigit(before)) {
            return true;
        }
        return Character.isUpperCase(here) && Character.isLowerCase(before);
    }

    private static String word(String name, int from, int to) {
        StringBuilder word = new StringBuilder(to - from);
        for (int i = from; i < to; i++) {
            char c = name.charAt(i);
            if (Character.isLetter(c)) {
                word.append(Character.toLowerCase(c));
            }
        }
        return word.toString();
    }
}
