import FileSystem
import Foundation
import Testing

/// What must not change a join, by the bytes that the built command writes.
@Suite("Joins that must not change")
struct MetamorphicJoinTests {
    /// Payments of accounts, each known some time after it happened; some are restated, some taken back.
    private struct Payments {
        struct Row {
            var account: Int
            /// In minutes since the first day.
            var happened: Int
            var known: Int
            var id: Int
            var isGone = false
            var amount: Double?
            var kind: String
        }

        var random: SplitMix
        var rows: [Row] = []
        var labels: [(account: Int, at: Int)] = []
        static let days = 40

        init(seed: UInt64) {
            random = SplitMix(seed: seed)
            // No two moments are the same, so that the order of rows decides nothing.
            let moments = Array(0..<Self.days * 24 * 60).shuffled(using: &random)
            for id in 0..<1_200 {
                let row = row(id: id, happened: moments[id])
                rows.append(row)
                if below(5) == 0 {
                    var later = row
                    later.known = row.known + 1 + below(3 * 24 * 60)
                    later.amount = row.amount.map { $0 + 1 }
                    later.isGone = below(3) == 0
                    rows.append(later)
                }
            }
            for _ in 0..<200 { labels.append((below(14), below(Self.days * 24 * 60))) }
        }

        mutating func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

        mutating func row(id: Int, happened: Int) -> Row {
            Row(
                account: below(12), happened: happened, known: happened + below(2 * 24 * 60), id: id,
                amount: below(6) == 0 ? nil : Double(below(100_000)) / 7, kind: ["a", "b", "c", ""][below(4)])
        }

        /// The time by which the last label asks.
        var end: Int { labels.map(\.at).max() ?? 0 }

        static func time(_ minutes: Int) -> String {
            String(
                format: "2026-%02d-%02dT%02d:%02d:00Z", minutes / (24 * 60 * 28) + 1, minutes / (24 * 60) % 28 + 1,
                minutes / 60 % 24, minutes % 60)
        }

        static func text(_ rows: [Row]) -> String {
            rows.reduce(into: "account,happened,known,id,gone,amount,kind\n") { text, row in
                text +=
                    "account-\(row.account),\(time(row.happened)),\(time(row.known)),\(row.id),\(row.isGone),"
                    + "\(row.amount.map { "\($0)" } ?? ""),\"\(row.kind)\"\n"
            }
        }

        var labelText: String {
            labels.enumerated().reduce(into: "row,account,at\n") { text, label in
                text += "\(label.offset),account-\(label.element.account),\(Self.time(label.element.at))\n"
            }
        }
    }

    private static let definitions = """
        entities:
          account: {keys: {account: string}}
        sources:
          payments:
            path: data
            columns: {account: string, happened: timestamp, known: timestamp, id: int64, gone: boolean, amount: float64, kind: string}
            event_time: happened
            availability: known
            event_key: [id]
            retracted: gone
          postings: {path: data, event_time: happened, availability: known}
        views:
          latest: {entity: account, source: payments, ttl: 9d, features: [amount, kind]}
          record:
            entity: account
            source: payments
            embargo: 3h
            windows: [1d, 7d]
            features:
              n: count()
              total: sum(amount)
              average: mean(amount)
              spread: stddev(amount)
              kinds: count_distinct(kind)
              about: {value: "count_distinct(amount, 0.02)"}
              middle: "quantile(amount, 0.5)"
              near: "quantile(amount, 0.9, 0.05)"
              first: first(amount)
              last: last(kind)
              three: "last_k(amount, 3)"
          posted:
            entity: account
            source: postings
            windows: [3d]
            features: {posted: sum(amount), postings: count()}
        labels:
          label: {column: row, time: at}
        services:
          s: {label: label, features: [latest, record, posted]}

        """

    /// A workspace, and its training set's bytes.
    private final class Project {
        let folder: CommandFolder

        init(_ payments: Payments) throws {
            folder = try CommandFolder()
            try folder.write(MetamorphicJoinTests.definitions, to: "features/s.yaml")
            try folder.write(payments.labelText, to: "labels.csv")
            try folder.run("vintage", "init")
        }

        /// Stores the rows, in one file or several.
        func store(_ files: [[Payments.Row]], at date: String? = nil) throws {
            try? folder.path("data").removeAll()
            for (number, rows) in files.enumerated() {
                try folder.write(Payments.text(rows), to: "data/\(number).csv")
            }
            let words = ["--date", date ?? "2026-03-01"]
            try folder.run("git", "add", "features")
            for command in [["add", "data"], ["commit", "-m", "Payments"]] {
                let (status, output) = try folder.vintage(command + words).wait()
                try #require(status == 0, "\(output)")
            }
        }

        func join(_ words: String...) throws -> [UInt8] {
            let command = ["features", "join", "--spine", "labels.csv", "-o", "train.parquet"] + words
            let (status, output) = try folder.vintage(command).wait()
            try #require(status == 0, "\(output)")
            return try folder.path("train.parquet").contents()
        }
    }

    @Test("rows from the future change nothing", arguments: [1, 2, 3])
    func future(_ seed: UInt64) throws {
        var payments = Payments(seed: seed)
        let project = try Project(payments)
        try project.store([payments.rows])
        let before = try project.join()
        let end = payments.end
        var later: [Payments.Row] = []
        for number in 0..<400 {
            // New facts of any time, and what becomes of old ones, all known after the last label asks.
            var row =
                number % 2 == 0
                ? payments.rows[number] : payments.row(id: 10_000 + number, happened: payments.below(end))
            row.known = end + 1 + payments.below(10 * 24 * 60)
            row.amount = 1e9
            row.isGone = number % 3 == 0
            if number % 5 == 0 { (row.id, row.happened) = (20_000 + number, row.known) }
            later.append(row)
        }
        var rows = payments.rows
        for row in later { rows.insert(row, at: payments.below(rows.count + 1)) }
        try project.store([rows])
        #expect(try project.join() == before)
    }

    @Test("the order of rows, and how they lie in files, changes nothing", arguments: [4, 5, 6])
    func order(_ seed: UInt64) throws {
        var payments = Payments(seed: seed)
        let project = try Project(payments)
        try project.store([payments.rows])
        let before = try project.join()
        for parts in [1, 3] {
            let rows = payments.rows.shuffled(using: &payments.random)
            let size = rows.count / parts + 1
            try project.store(
                stride(from: 0, to: rows.count, by: size).map { Array(rows[$0..<min($0 + size, rows.count)]) })
            #expect(try project.join() == before)
        }
    }

    @Test("restating yesterday does not change what was known last week", arguments: [7, 8])
    func restated(_ seed: UInt64) throws {
        var payments = Payments(seed: seed)
        let project = try Project(payments)
        try project.store([payments.rows], at: "2026-03-01")
        let before = try project.join()
        let commit = try project.folder.run("git", "rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try project.join("--as-of", "2026-03-02") == before)
        // Rows are changed, taken out and put in, as if they had always been so; and the definitions are changed too.
        var rows = payments.rows
        for index in rows.indices where index % 3 == 0 { rows[index].amount = Double(payments.below(1_000)) }
        rows.removeLast(200)
        for number in 0..<100 { rows.append(payments.row(id: 30_000 + number, happened: payments.below(payments.end))) }
        let changed = Self.definitions.replacing("ttl: 9d", with: "ttl: 2d").replacing(
            "embargo: 3h", with: "embargo: 1h")
        try project.folder.write(changed, to: "features/s.yaml")
        try project.store([rows], at: "2026-03-08")
        #expect(try project.join() != before)
        #expect(try project.join("--as-of", "2026-03-02") == before)
        #expect(try project.join("--as-of", "2026-03-07T23:59:59Z") == before)
        #expect(try project.join("--as-of", commit) == before)
        // Today is what the last day says.
        #expect(try project.join("--as-of", "2026-03-09") == project.join())
    }
}
