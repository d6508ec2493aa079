import Foundation
import Testing

import TextFormats

@Suite("JSON")
struct JSONTests {
    @Test("any text comes back from another reader as it was", arguments: 0..<200)
    func escapes(_ seed: Int) throws {
        var random = RandomText(seed: UInt64(seed))
        let text = random.next()
        var object = JSONObject()
        object[text] = .array([.string(text), .null])
        let read = try JSONSerialization.jsonObject(with: Data(JSON.object(object).text.utf8)) as? [String: [Any]]
        let (key, values) = try #require(read?.first)
        #expect(Array(key.unicodeScalars) == Array(text.unicodeScalars))
        let value = try #require(values.first as? String)
        #expect(Array(value.unicodeScalars) == Array(text.unicodeScalars))
    }

    @Test("members keep the order in which they were set")
    func order() {
        var object = JSONObject()
        for key in ["z", "a", "m"] { object[key] = .bool(true) }
        #expect(JSON.object(object).text == "{\n  \"z\": true,\n  \"a\": true,\n  \"m\": true\n}")
    }

    @Test("a number that JSON cannot write is null")
    func numbers() {
        #expect(JSON(Double.infinity).text == "null")
        #expect(JSON(Double.nan).text == "null")
        #expect(JSON(UInt64.max).text == "18446744073709551615")
    }

    @Test("Base64 is what others make of the same bytes", arguments: 0..<20)
    func encodesBytes(_ count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 251) }
        #expect(base64(bytes) == Data(bytes).base64EncodedString())
    }
}
