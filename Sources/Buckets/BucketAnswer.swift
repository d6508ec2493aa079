/// What a server says in XML, as far as it is needed: texts by the names of their elements.
///
/// It is no parser of all XML: what S3 sends has no attributes that matter, no CDATA and no mixed content.
struct BucketAnswer {
    private let text: Substring.UTF8View

    init(_ bytes: [UInt8]) { text = String(decoding: bytes, as: UTF8.self)[...].utf8 }

    private init(_ text: Substring.UTF8View) { self.text = text }

    /// The text of the first element of a name; `nil` if there is none.
    subscript(name: String) -> String? { elements(name).first.map(\.content) }

    /// All elements of a name.
    func elements(_ name: String) -> [BucketAnswer] {
        let (opening, closing) = (Array("<\(name)".utf8), Array("</\(name)>".utf8))
        var found: [BucketAnswer] = []
        var rest = text
        while let start = rest.firstRange(of: opening) {
            rest = rest[start.upperBound...]
            // Another element's name may begin with this one's.
            guard let next = rest.first, next == UInt8(ascii: ">") || next == UInt8(ascii: " ") else { continue }
            guard let bracket = rest.firstIndex(of: UInt8(ascii: ">")) else { break }
            let content = rest[rest.index(after: bracket)...]
            guard let end = content.firstRange(of: closing) else { break }
            found.append(BucketAnswer(content[..<end.lowerBound]))
            rest = content[end.upperBound...]
        }
        return found
    }

    /// The text, entities replaced.
    private var content: String {
        var result = String(Substring(text))
        for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'")] {
            result = result.replacing(entity, with: character)
        }
        return result.replacing("&amp;", with: "&")
    }
}
