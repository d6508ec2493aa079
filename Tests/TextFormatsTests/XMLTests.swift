import Foundation
import Testing

import TextFormats

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite("XML")
struct XMLTests {
    /// What a parser finds: the attribute `a` and the text of the one element.
    private final class Reader: NSObject, XMLParserDelegate {
        var attribute: String?
        var text = ""

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) { attribute = attributes["a"] }

        func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
    }

    /// What XML can hold of a text: it has no way to write most control characters.
    private static func representable(_ text: String) -> [Unicode.Scalar] {
        text.unicodeScalars.map { $0.value < 0x20 && !"\t\n\r".unicodeScalars.contains($0) ? "\u{FFFD}" : $0 }
    }

    @Test("any text comes back from another reader, but for what XML cannot hold", arguments: 0..<200)
    func escapes(_ seed: Int) throws {
        var random = RandomText(seed: UInt64(seed))
        let (attribute, text) = (random.next(), random.next())
        let parser = XMLParser(data: Data(XML("e", [("a", attribute)], text: text).document.utf8))
        let reader = Reader()
        parser.delegate = reader
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        #expect(reader.attribute.map { Array($0.unicodeScalars) } == Self.representable(attribute))
        #expect(Array(reader.text.unicodeScalars) == Self.representable(text))
    }

    @Test("elements are indented, and an empty one is closed at once")
    func structure() {
        var outer = XML("outer", [("name", "a<b")])
        outer.append(XML("empty"))
        outer.append(XML("inner", text: "x & y"))
        #expect(
            outer.document == """
                <?xml version="1.0" encoding="UTF-8"?>
                <outer name="a&lt;b">
                  <empty/>
                  <inner>x &amp; y</inner>
                </outer>

                """)
    }
}

@Suite("Relative references")
struct RelativeReferenceTests {
    @Test("a path in a URI is decoded to its bytes by another reader")
    func decodes() throws {
        let path = "a b/ü:#?%&+,;=@/~.csv"
        let reference = relativeReference(path.utf8)
        #expect(!reference.contains(" ") && !reference.contains(":") && !reference.contains("#"))
        #expect(reference.removingPercentEncoding == path)
    }

    @Test("bytes that are no text are encoded too")
    func bytes() {
        #expect(relativeReference([0x61, 0xFF, 0x2F, 0x0A]) == "a%FF/%0A")
    }
}
