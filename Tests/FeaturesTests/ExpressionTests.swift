import Foundation
import Testing

import Features

@Suite("Expressions")
struct ExpressionTests {
    static let types = ColumnTypes(
        Dictionary(
            uniqueKeysWithValues: ExpressionType.allCases.flatMap { type in
                (0..<2).map { ("\(type.rawValue)_\($0)", type) }
            }))

    // MARK: Values

    @Test("a batch has the values that computing row by row gives", arguments: 0..<1500)
    func oracle(_ seed: Int) throws {
        var generator = RowExpressionGenerator(random: SplitMix(seed: UInt64(seed)))
        let type = ExpressionType.allCases[seed % ExpressionType.allCases.count]
        let expression = generator.make(type, 4)
        let rows = Self.rows(&generator.random, 25)
        let bound = try Expression(parsing: expression.text).bound(to: Self.types)
        #expect(bound.type == type, "\(expression.text)")
        let expected = rows.map { row in Result { try expression.compute(row) } }
        let failing = expected.indices.filter { if case .failure = expected[$0] { true } else { false } }
        do {
            let values = try bound.evaluate(Self.batch(rows)).rows
            #expect(failing.isEmpty, "\(expression.text) fails in \(failing)")
            for (index, value) in values.enumerated() {
                let wanted = try expected[index].get()
                #expect(value.isSame(wanted), "\(expression.text) of \(rows[index]) is \(value), not \(wanted)")
            }
        } catch let error as ExpressionEvaluationError {
            #expect(failing.contains(error.row), "\(expression.text): \(error); \(rows[error.row])")
        }
    }

    @Test("an expression's canonical text means the same, and is its own", arguments: 0..<300)
    func canonical(_ seed: Int) throws {
        var generator = RowExpressionGenerator(random: SplitMix(seed: UInt64(seed) + 7777))
        let text = generator.make(ExpressionType.allCases[seed % 6], 4).text
        let expression = try Expression(parsing: text)
        let again = try Expression(parsing: expression.canonicalText)
        #expect(again.canonicalText == expression.canonicalText, "\(text)")
        #expect(again == expression)
        #expect(again.columns == expression.columns)
    }

    static func rows(_ random: inout SplitMix, _ count: Int) -> [[String: RowValue]] {
        (0..<count).map { _ in
            var row: [String: RowValue] = [:]
            for type in ExpressionType.allCases {
                for column in 0..<2 { row["\(type.rawValue)_\(column)"] = value(type, &random) }
            }
            return row
        }
    }

    private static func value(_ type: ExpressionType, _ random: inout SplitMix) -> RowValue {
        if random.next() % 5 == 0 { return .null }
        func pick<Value>(_ values: [Value]) -> Value { values[Int(random.next() % UInt64(values.count))] }
        let small = Int64(random.next() % 21) - 10
        switch type {
        case .bool: return .bool(random.next() % 2 == 0)
        case .int64: return .int(pick([small, small, small, .max, .min, 1 << 40]))
        case .float64: return .float(pick([Double(small), Double(small) / 4, 1e300, -0.0, .nan, .infinity, 1e13]))
        case .string: return .text(pick(["", "a", "ab", " ab ", "É𝄞x", "12", "-7", "abab", "it's"]))
        // From 1700 to 2200, where the calendar of the test is right.
        case .timestamp:
            return .moment(Int64(random.next() % 15_000_000_000) * 1_000_000 - 8_000_000_000_000_000 + small)
        case .duration: return .span(pick([small, 3_600_000_000 * small, .max, .min]))
        }
    }

    static func batch(_ rows: [[String: RowValue]]) -> ExpressionBatch {
        var columns: [String: ExpressionVector] = [:]
        for (name, type) in types.types {
            let values = rows.map { $0[name] ?? .null }
            let validity = values.map { $0 != .null }
            columns[name] =
                switch type {
                case .bool: .bool(FixedVector(values.map(\.bool), validity: validity))
                case .int64: .int64(FixedVector(values.map(\.int), validity: validity))
                case .float64: .float64(FixedVector(values.map(\.float), validity: validity))
                case .timestamp: .timestamp(FixedVector(values.map(\.ticks), validity: validity))
                case .duration: .duration(FixedVector(values.map(\.ticks), validity: validity))
                case .string: .string(TextVector(values.map { $0 == .null ? nil : $0.text }))
                }
        }
        return ExpressionBatch(count: rows.count, columns: columns)
    }

    // MARK: Errors

    static let mistakes: [(text: String, offset: Int, message: String)] = [
        ("", 0, "the expression is empty"),
        ("1 +", 3, "a value expected, not the end"),
        ("1 2", 2, "an operator or the end expected, not '2'"),
        ("a ? b", 2, "'?' cannot stand in an expression"),
        ("'open", 0, "a text in quotes has no end"),
        ("12x", 0, "'12x' is no number or span of time, or too large"),
        ("99999999999999999999", 0, "'99999999999999999999' is no number or span of time, or too large"),
        ("1 < int64_0 < 3", 12, "'and' between two comparisons expected, not '<'"),
        ("(1 + 2", 6, "')' expected, not the end"),
        ("int64_0 is 3", 11, "'null' expected, not '3'"),
        ("coalesec(1, 2)", 0, "there is no function 'coalesec'; did you mean 'coalesce'?"),
        ("power(2)", 0, "power takes 2 arguments, not one"),
        ("avg(int64_0)", 0, "there is no function 'avg'; did you mean 'mean'?"),
        ("cast(1 as int)", 10, "there is no type 'int'; did you mean 'int64'?"),
        ("1 + int64_9", 4, "there is no column 'int64_9'; did you mean 'int64_0'?"),
        ("string_0 * 2", 0, "a side of '*' must be a number or a length of time, not string"),
        ("string_0 = 2", 9, "the sides of '=' must be of one type, not string and int64"),
        ("if(1, 2, 3)", 3, "a condition must be true or false, not int64"),
        (
            "truncate(timestamp_0, string_0)", 22,
            "what 'truncate' cuts to must be one of 'year', 'month', 'day', 'hour', 'minute', 'second', written out"
        ),
        (
            "cast(duration_0 as string)", 5,
            "what is cast must be of the type boolean, int64, float64, string, timestamp to become string, not duration"
        ),
        (
            "1 + mean(int64_0)", 4,
            "the aggregation 'mean' must be the whole value of a feature of a view, not a part of an expression"
        ),
        (
            String(repeating: "(", count: 1000) + "1" + String(repeating: ")", count: 1000), 250,
            "the expression is too deep or too long; derive a column of one of them"
        ),
    ]

    @Test("an error says what is wrong, where, and what was probably meant", arguments: mistakes.indices)
    func wrong(_ index: Int) {
        let (text, offset, message) = Self.mistakes[index]
        let error = #expect(throws: ExpressionError.self) { try Expression(parsing: text).bound(to: Self.types) }
        #expect(error?.description == message)
        #expect(error?.offset == offset)
    }

    @Test("nested tests whose text doubles are refused, not computed")
    func doubling() {
        let text = (0..<60).reduce("1") { text, _ in "if((\(text)) between 1 and 2, 1, 2)" }
        #expect(throws: ExpressionError.self) { try Expression(parsing: text) }
    }

    @Test("what is not computed for a row cannot fail in it")
    func laziness() throws {
        func values(_ text: String) throws -> [RowValue] {
            let batch = ExpressionBatch(
                count: 3,
                columns: ["s": .string(TextVector(["1", "x", nil])), "n": .int64(FixedVector([1, .max, 3]))])
            return try Expression(parsing: text).bound(to: ColumnTypes(["s": .string, "n": .int64])).evaluate(batch)
                .rows
        }
        #expect(try values("if(s = 'x', 0, cast(s as int64))") == [.int(1), .int(0), .null])
        #expect(try values("s <> 'x' and cast(s as int64) = 1") == [.bool(true), .bool(false), .null])
        #expect(try values("coalesce(try_cast(s as int64), 7)") == [.int(1), .int(7), .int(7)])
        #expect(try values("try_cast(s as int64)") == [.int(1), .null, .null])
        let error = #expect(throws: ExpressionEvaluationError.self) { try values("cast(s as int64)") }
        #expect(error?.description == "row 1: 'x' cannot become int64; 'try_cast' would make it null")
        let overflow = #expect(throws: ExpressionEvaluationError.self) { try values("n + 1") }
        #expect(overflow?.description == "row 1: the result of '+' is out of range")
    }

    // MARK: Times

    static let momentTexts: [(text: String, seconds: Double?)] = [
        ("1970-01-01", 0), ("2013-06-01T12:30:00Z", 1_370_089_800), ("2013-06-01 12:30:00+02:00", 1_370_082_600),
        ("2012-02-29T23:59:59.5Z", 1_330_559_999.5), ("2013-02-29", nil), ("2013-06-01T12:30:00", nil),
        ("2013-06-31T00:00:00Z", nil), ("2013-6-1", nil), ("1969-12-31T23:59:59-0100", 3599),
        ("2000-02-29T00:00Z", 951_782_400), ("1900-02-29", nil), ("2013-06-01T24:00:00Z", nil),
    ]

    @Test("a text is a moment if it has a day, or a day, a time and a zone", arguments: momentTexts.indices)
    func moments(_ index: Int) throws {
        let (text, seconds) = Self.momentTexts[index]
        let batch = ExpressionBatch(count: 1, columns: ["s": .string(TextVector([text]))])
        let bound = try Expression(parsing: "epoch(try_cast(s as timestamp))").bound(to: ColumnTypes(["s": .string]))
        #expect(try bound.evaluate(batch).rows == [seconds.map { .float($0) } ?? .null])
    }

    @Test("a moment's text is read back as the moment", arguments: 0..<100)
    func momentText(_ seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        let moment = Int64(random.next() % 250_000_000_000_000_000) - 60_000_000_000_000_000
        let batch = ExpressionBatch(count: 1, columns: ["t": .timestamp(FixedVector([moment]))])
        let bound = try Expression(parsing: "cast(cast(t as string) as timestamp)").bound(
            to: ColumnTypes(["t": .timestamp]))
        #expect(try bound.evaluate(batch).rows == [.moment(moment)])
    }

    // MARK: Documentation

    @Test("each function is described, and each that is described is there")
    func documentation() throws {
        let page = try String(
            contentsOf: DefinitionFiles.package.appendingPathComponent("Docs/expressions.md"), encoding: .utf8)
        var described: Set<String> = []
        for line in page.split(separator: "\n") where line.hasPrefix("| `") {
            for match in line.split(separator: "|")[0].matches(of: /`([a-z_0-9]+)\(/) {
                described.insert(String(match.1))
            }
        }
        #expect(described == Set(ExpressionFunction.allCases.map(\.rawValue) + ["if"]))
    }
}

extension ExpressionVector {
    /// The value of each row.
    var rows: [RowValue] {
        (0..<count).map { row in
            guard validity?[row] ?? true else { return .null }
            return switch self {
            case .bool(let vector): .bool(vector.values[row])
            case .int64(let vector): .int(vector.values[row])
            case .float64(let vector): .float(vector.values[row])
            case .timestamp(let vector): .moment(vector.values[row])
            case .duration(let vector): .span(vector.values[row])
            case .string(let vector): .text(vector.text(at: row))
            }
        }
    }
}
