import Foundation
import Inference
import LearningSupport
import SystemPackage
import Testing

@Suite struct RequestTraceTests {
    @Test("JSON lines and tables have the rows of each request, whatever else they have")
    func reading() throws {
        let scratch = try ScratchFolder()
        try scratch.write(
            Array("{\"rows\": 3, \"time\": \"2013-06-01\"}\n\n{\"path\":\"/x\",\"rows\":480}\r\n{\"rows\":1}".utf8),
            to: "t.jsonl")
        try scratch.write(Array("time,rows\n1,3\n2,480\n3,1\n".utf8), to: "t.csv")
        for name in ["t.jsonl", "t.csv"] {
            #expect(try RequestTrace(FilePath(scratch.file(name)), name: name).sizes == [3, 480, 1])
        }
    }

    @Test(
        "a trace that is none is refused with its line",
        arguments: [
            ("{\"rows\": 0}", "t.jsonl is no trace of requests: line 1 has no 'rows' from 1 to 1048576"),
            ("{\"rows\": 1}\n{\"rows\": 2.5}", "line 2 has no 'rows'"), ("{\"rows\": 1}\n{\"row\": 2}", "line 2 has"),
            ("{\"rows\": 1}\n{\"rows\": 1048577}", "line 2 has"), ("{\"rows\": 1}\n{", "t.jsonl:2 is no trace"),
            ("\n\n", "it has no requests"),
        ])
    func refusing(_ text: String, _ message: String) throws {
        let scratch = try ScratchFolder()
        try scratch.write(Array(text.utf8), to: "t.jsonl")
        do {
            _ = try RequestTrace(FilePath(scratch.file("t.jsonl")), name: "t.jsonl")
            Issue.record("it is taken")
        } catch {
            #expect("\(error)".contains(message), "\(error)")
        }
    }

    @Test("the sizes that stand for a trace are its p50, p90, p99 and largest")
    func sizes() {
        let trace = RequestTrace(sizes: (1...1000).map { $0 })
        #expect(trace.typicalSizes == [500, 900, 990, 1000])
        #expect(RequestTrace(sizes: [4, 4, 4]).typicalSizes == [4])
    }

    @Test("batches below what one request in a hundred has are warned of, and no others")
    func coverage() {
        let trace = RequestTrace(sizes: Array(repeating: 1, count: 970) + Array(repeating: 480, count: 30))
        #expect(trace.warning(batchSizes: [1, 64])?.contains("has 64 rows, but one request in a hundred") == true)
        #expect(trace.warning(batchSizes: [1, 479])?.contains("add 480 to --batch-sizes") == true)
        #expect(trace.warning(batchSizes: [480, 1]) == nil)
        #expect(RequestTrace(sizes: Array(repeating: 1, count: 999) + [480]).warning(batchSizes: [1]) == nil)
    }
}
