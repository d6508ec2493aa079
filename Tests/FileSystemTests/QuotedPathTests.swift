import FileSystem
import Testing

@Suite("Quoted paths")
struct QuotedPathTests {
    @Test(
        "a name is printed as git prints it",
        arguments: [
            ("data/flights.csv", "data/flights.csv"),
            (" spaces kept ", " spaces kept "),
            ("größe", "größe"),
            ("a\nb", #""a\nb""#),
            ("a\tb\rc", #""a\tb\rc""#),
            (#"say "hi""#, #""say \"hi\"""#),
            (#"back\slash"#, #""back\\slash""#),
            ("bell\u{7}", #""bell\007""#),
            ("delete\u{7f}é", #""delete\177é""#),
            ("", ""),
        ])
    func quotes(name: String, printed: String) {
        #expect(quotedForDisplay(name.utf8) == printed)
        #expect(unquoted(Array(printed.utf8)) == Array(name.utf8))
    }

    @Test("bytes that are no text become octal escapes, the text beside them too")
    func bytesThatAreNoText() {
        #expect(quotedForDisplay([0x61, 0xff]) == #""a\377""#)
        #expect(quotedForDisplay([0xc3, 0xa9, 0x80]) == #""\303\251\200""#)
    }

    @Test("any bytes come back as they were, and their printed form is one line")
    func roundTrip() {
        var generator = SplitMix(seed: 1)
        let telling: [UInt8] = Array("\"\\\n\r\tn0123 aé/".utf8) + [0, 1, 0x7f, 0x80, 0xc3, 0xff]
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...12, using: &generator)
            let bytes = (0..<count).map { _ in
                Bool.random(using: &generator)
                    ? telling.randomElement(using: &generator)! : UInt8.random(in: 0...255, using: &generator)
            }
            let printed = quotedForDisplay(bytes)
            #expect(unquoted(Array(printed.utf8)) == bytes)
            #expect(!printed.utf8.contains { $0 < 0x20 || $0 == 0x7f })
        }
    }

    @Test(
        "text that quoting cannot have made is refused",
        arguments: [
            #"""#, #""open"#, #""two" words"#, #""a"b""#, #""\"#, #""\""#, #""\q""#, #""\40""#, #""\400""#, #""\08 ""#,
        ])
    func refuses(text: String) {
        #expect(unquoted(Array(text.utf8)) == nil)
    }

    @Test("the single-letter escapes of C are read")
    func lettersOfC() {
        #expect(unquoted(Array(#""\a\b\t\n\v\f\r""#.utf8)) == [7, 8, 9, 10, 11, 12, 13])
    }
}
