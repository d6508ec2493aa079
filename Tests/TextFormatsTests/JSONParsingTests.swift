import Testing

import TextFormats

@Suite("Reading JSON")
struct JSONParsingTests {
    @Test("what is written comes back as it was, on one line and on many", arguments: 0..<100)
    func roundTrip(_ seed: Int) throws {
        var random = RandomText(seed: UInt64(seed))
        var object = JSONObject()
        let (key, text) = (random.next(), random.next())
        object[key] = .array([.string(text), .null, .bool(true), JSON(UInt64.max), JSON(-5), JSON(0.25), .array([])])
        object[key + "2"] = .object(JSONObject())
        let value = JSON.object(object)
        #expect(!value.line.utf8.contains(0x0a))
        for written in [value.line, value.text] {
            let read = try JSON(parsing: written.utf8)
            #expect(read.line == value.line)
            #expect(read[key].elements?.first?.string.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
        }
    }

    @Test("another writer's escapes are read")
    func escapes() throws {
        let text = #"{"a": "\u00e9\ud83d\ude00\/\b\f\n\r\t\"\\", "b" : [1e3, -0, 18446744073709551615]}"#
        let read = try JSON(parsing: text.utf8)
        #expect(read["a"].string == "é😀/\u{8}\u{c}\n\r\t\"\\")
        #expect(read["b"].elements?.last?.count == .max)
        #expect(read["c"].string == nil && read["a"]["x"].string == nil)
    }

    @Test(
        "what is no JSON is refused, and where is told",
        arguments: [
            "", " ", "{", "[1,]", "{\"a\" 1}", "{a: 1}", "01", "1.", "-", "\"", "\"\\x\"", "\"\\u12g4\"", "\"\\ud800\"",
            "\"a\nb\"", "nul", "[] []", "1e999", "\"\\ud800\\u0041\"",
        ])
    func refusals(_ text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSON(parsing: text.utf8) }
    }

    @Test("bytes that are no UTF-8, and endless brackets, end nothing but the reading")
    func hostile() {
        #expect(throws: JSONSyntaxError.self) { try JSON(parsing: [0x22, 0xff, 0x22]) }
        #expect(throws: JSONSyntaxError.self) { try JSON(parsing: String(repeating: "[", count: 1_000_000).utf8) }
    }
}
