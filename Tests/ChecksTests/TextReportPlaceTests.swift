import Checks
import FileSystem
import Testing

@Suite("Places in the report for people")
struct TextReportPlaceTests {
    private static func lines(_ findings: [Finding]) -> [String] {
        let report = CheckReport(results: [SampleReport.result("check", .ran(findings))])
        return TextReport(report).text.split(separator: "\n").map(String.init)
    }

    @Test("a finding with a line is told with its file and line")
    func place() throws {
        let file = try RelativePath("features/flights.yaml")
        let lines = Self.lines([Finding("label-derived: it leaks", file: file, line: 31)])
        #expect(lines[1] == "      error: features/flights.yaml:31: label-derived: it leaks")
    }

    @Test("a message that names the file, and a finding without a line, are told as they are")
    func noPlace() throws {
        let file = try RelativePath("features/flights.yaml")
        let lines = Self.lines([
            Finding("features/flights.yaml:31:5: there is no column 'x'", file: file, line: 31),
            Finding("it is too large", file: file), Finding("careful", severity: .warning),
        ])
        #expect(
            lines[1...3] == [
                "      error: features/flights.yaml:31:5: there is no column 'x'", "      error: it is too large",
                "      warning: careful",
            ])
    }
}
