import FileSystem
import Foundation
import PythonEnvironment
import SystemPackage
import Testing

/// Rows that are pushed in Arrow's streaming format, as pyarrow writes them.
@Suite("Rows pushed in Arrow's format")
struct ArrowPushTests {
    private let folder: CommandFolder

    init() throws {
        folder = try CommandFolder()
        try folder.run("vintage", "init")
        try folder.write(
            """
            entities:
              account: {keys: {account: string}}
            sources:
              payments:
                path: data/payments.csv
                event_time: time
                columns: {account: string, time: timestamp, amount: float64, count: int64, note: string, day: date}
            views:
              last: {entity: account, source: payments, features: [amount, count, note, day]}
              sums: {entity: account, source: payments, windows: [9000d], features: {n: count(), total: sum(amount)}}
            services:
              all: {features: [last, sums]}

            """, to: "features/a.yaml")
        try folder.write(
            "account,time,amount,count,note,day\nx,2026-01-01T00:00:00Z,1,1,,2026-01-01\n", to: "data/payments.csv")
        try folder.run("vintage", "add", "data")
        try folder.run("vintage", "features", "materialize")
    }

    /// Has pyarrow write `rows.arrow`: what the program calls `table`, by `write(path)`.
    private func write(_ table: String, writer: String = "pa.ipc.new_stream", chunk: Int = 1000) throws {
        let program = """
            import datetime, sys, pyarrow as pa
            at = lambda *parts: datetime.datetime(*parts, tzinfo=datetime.timezone.utc)
            table = \(table)
            with \(writer)(sys.argv[1], table.schema) as stream:
                stream.write_table(table, max_chunksize=\(chunk))
            """
        try PythonEnvironment.run(
            PythonEnvironment.program("python"), ["-c", program, folder.path("rows.arrow").string])
    }

    private func push(expecting status: Int32? = 0) throws -> String {
        try folder.run("sh", "-c", "\"$0\" features push payments <rows.arrow", Playground.binary, expecting: status)
    }

    /// The values of an account's features as JSON, in the order of the views.
    private func values(_ account: String) throws -> [String] {
        let output = try folder.run(
            "vintage", "features", "get", "--service", "all", "--entities", "account=\(account)", "--json")
        return output.matches(of: /"value": (.*),/).map { String($0.1) }
    }

    @Test("are taken whatever the columns' types are, as long as the values fit, and in batches of any size")
    func types() throws {
        try write(
            """
            pa.table({
                'note': pa.array(['one', None, 'three']).dictionary_encode(),
                'account': pa.array(['a', 'b', 'a'], pa.large_string()),
                'time': pa.array([at(2026, 1, 2), at(2026, 1, 3), at(2026, 1, 4)], pa.timestamp('ns', 'UTC')),
                'amount': pa.array([1.5, 2, None], pa.float32()),
                'count': pa.array([7, 8, 9], pa.uint8()),
                'day': pa.array([datetime.date(2026, 1, 2)] * 3, pa.date64()),
            })
            """, chunk: 2)
        #expect(try push() == "payments: 3 rows pushed, 6 entities written, of last, sums\n")
        #expect(try values("a") == ["null", "9", "\"three\"", "\"2026-01-02\"", "2", "1.5"])
        #expect(try values("b") == ["2.0", "8", "null", "\"2026-01-02\"", "1", "2.0"])
    }

    @Test("many of them, of one stream, are all there")
    func many() throws {
        try write(
            """
            pa.table({
                'account': pa.array([f'k{number % 7}' for number in range(5003)]),
                'time': pa.array([at(2026, 1, 2)] * 5003, pa.timestamp('us')),
                'amount': pa.array([float(number) for number in range(5003)]),
            })
            """, chunk: 1700)
        #expect(try push().hasPrefix("payments: 5003 rows pushed"))
        #expect(try values("k0").suffix(2) == ["715", "\((0..<715).map { $0 * 7 }.reduce(0, +)).0"])
    }

    @Test(
        "are refused with the row where a value does not fit, and those before it are in",
        arguments: [
            ("'count': pa.array([1.0] * 1500 + [1.5])", "in row 1501 'count' is no int64"),
            ("'count': pa.array([None] * 1500 + ['1'])", "in row 1501 'count' is no int64"),
            (
                "'day': pa.array([None] * 1500 + [at(2026, 1, 1)], pa.timestamp('us', 'UTC'))",
                "in row 1501 'day' is no date"
            ),
        ])
    func misfits(_ column: String, _ message: String) throws {
        try write(
            """
            pa.table({
                'account': pa.array(['a'] * 1501), 'time': pa.array([at(2026, 1, 2)] * 1501, pa.timestamp('us', 'UTC')),
                \(column),
            })
            """, chunk: 5000)
        let refused = try push(expecting: 2)
        #expect(refused.contains(message), "\(refused)")
        #expect(refused.contains("1000 rows before it are in the online store"))
        #expect(try values("a")[4] == "1000")
    }

    @Test(
        "are refused where a column is unknown, is there twice, or lacks what every row needs",
        arguments: [
            (
                "'acount': pa.array(['a'])",
                "has a column 'acount', which the source 'payments' does not have; did you mean 'account'?"
            ),
            ("'account': pa.array(['a'])", "row 1 has no 'time', which every row needs"),
            ("'account': pa.array([None], pa.string()), 'time': pa.array([at(2026, 1, 2)])", "row 1 has no 'account'"),
        ])
    func columns(_ columns: String, _ message: String) throws {
        try write("pa.table({\(columns)})")
        #expect(try push(expecting: 2).contains(message))
        try write("pa.table([pa.array(['a']), pa.array(['b'])], names=['account', 'account'])")
        #expect(try push(expecting: 2).contains("more than one column 'account'"))
    }

    @Test("are refused in Arrow's file format, and a stream without rows is none")
    func formats() throws {
        let table = "pa.table({'account': pa.array(['a']), 'time': pa.array([at(2026, 1, 2)])})"
        try write(table, writer: "pa.ipc.new_file")
        #expect(try push(expecting: 2).contains("is a file in Arrow's format; write a stream"))
        try write("\(table).slice(0, 0)")
        #expect(try push() == "payments: 0 rows pushed, 0 entities written\n")
    }

    @Test("that are cut off or damaged end with an error, and leave whole rows at most")
    func damaged() throws {
        try write(
            """
            pa.table({
                'account': pa.array(['a'] * 10), 'time': pa.array([at(2026, 1, 2)] * 10, pa.timestamp('us', 'UTC')),
                'note': pa.array(['text'] * 10), 'amount': pa.array([1.0] * 10),
            })
            """)
        let whole = try folder.path("rows.arrow").contents()
        for count in stride(from: 8, to: whole.count - 8, by: 97) {
            try folder.path("rows.arrow").replaceContents(with: Array(whole[..<count]))
            let output = try push(expecting: nil)
            #expect(
                output.contains("cannot read the table on standard input") || output.hasPrefix("payments: 0 rows"),
                "\(count): \(output)")
        }
        var places = SplitMix(seed: 11)
        for _ in 0..<60 {
            var bytes = whole
            let place = Int.random(in: 4..<bytes.count, using: &places)
            bytes[place] ^= UInt8.random(in: 1...255, using: &places)
            try folder.path("rows.arrow").replaceContents(with: bytes)
            let (status, output) = try folder.start(
                ["sh", "-c", "\"$0\" features push payments <rows.arrow", Playground.binary]
            ).wait()
            #expect((0...3).contains(status), "a change at \(place) ends with \(status): \(output)")
        }
        // The store is as sound as before.
        try folder.run("vintage", "features", "verify", "--online", "--sample", "50")
    }
}
