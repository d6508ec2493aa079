/// An XML element: what it is written with is escaped, and what XML cannot hold is replaced.
///
///     var suite = XML("testsuite", [("name", "a < b")])
///     suite.append(XML("testcase", text: "]]>"))
///     suite.document   // <?xml version="1.0" encoding="UTF-8"?> …
package struct XML {
    /// What an element holds.
    private enum Content {
        case element(XML)
        case text(String)
    }

    private let name: String
    private let attributes: [(name: String, value: String)]
    private var contents: [Content] = []

    /// An element with attributes, in their order.
    package init(_ name: String, _ attributes: [(name: String, value: String)] = []) {
        self.name = name
        self.attributes = attributes
    }

    /// An element that holds text.
    package init(_ name: String, _ attributes: [(name: String, value: String)] = [], text: String) {
        self.init(name, attributes)
        contents = [.text(text)]
    }

    /// Adds an element behind what is there.
    package mutating func append(_ element: XML) { contents.append(.element(element)) }

    /// The element as a document in UTF-8, indented by two spaces, with a line feed at its end.
    package var document: String {
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        write(to: &text, indentation: "")
        return text
    }

    private func write(to text: inout String, indentation: String) {
        text += "\(indentation)<\(name)"
        for attribute in attributes {
            text += " \(attribute.name)=\""
            Self.write(attribute.value, isAttribute: true, to: &text)
            text += "\""
        }
        if contents.isEmpty {
            text += "/>\n"
            return
        }
        text += ">"
        var holdsElements = false
        for content in contents {
            switch content {
            case .text(let content): Self.write(content, isAttribute: false, to: &text)
            case .element(let element):
                if !holdsElements { text += "\n" }
                holdsElements = true
                element.write(to: &text, indentation: indentation + "  ")
            }
        }
        text += "\(holdsElements ? indentation : "")</\(name)>\n"
    }

    private static func write(_ value: String, isAttribute: Bool, to text: inout String) {
        for scalar in value.unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            // Only "]]>" needs it in text; escaping all is simpler and as right.
            case ">": text += "&gt;"
            case "\"" where isAttribute: text += "&quot;"
            // A parser turns these into spaces in attributes, and a carriage return into a line feed in text.
            case "\n" where isAttribute: text += "&#10;"
            case "\t" where isAttribute: text += "&#9;"
            case "\r": text += "&#13;"
            case "\n", "\t": text.unicodeScalars.append(scalar)
            // XML 1.0 has no way to write other control characters, and neither these two.
            case let scalar where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
                text += "\u{FFFD}"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
