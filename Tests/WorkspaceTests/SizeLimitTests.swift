import Testing

import Workspace

@Suite("Size limits")
struct SizeLimitTests {
    @Test(
        "a size is a number and a unit",
        arguments: [
            ("0", 0), ("1500", 1500), ("1500B", 1500), ("10MB", 10_000_000), ("10 mb", 10_000_000),
            ("1.5GB", 1_500_000_000),
            ("64MiB", 64 << 20), ("2TiB", 2 << 40), ("0.5kb", 500), ("1.25KiB", 1280),
        ])
    func parses(_ text: String, _ bytes: Int) {
        #expect(SizeLimit(parsing: text)?.bytes == bytes)
    }

    @Test(
        "anything else is none",
        arguments: [
            "", "MB", "-1", "1.5", "1.5B", "10 ", "10  MB", "ten", "10MBs", "1.2.3MB", ".5MB", "1.MB",
            "99999999999999999999",
            "9223372036854775807kB", "1e3",
        ])
    func refuses(_ text: String) {
        #expect(SizeLimit(parsing: text) == nil)
    }

    @Test(
        "what is printed is read again as the same", arguments: [0, 1, 999, 1000, 1024, 10_000_000, 1 << 30, Int.max])
    func isPrinted(_ bytes: Int) {
        #expect(SizeLimit(parsing: SizeLimit(bytes: bytes).description)?.bytes == bytes)
    }
}
