import Testing

import Features

@Suite("Binding definitions to data")
struct BindingTests {
    static let text = """
        entities:
          plane: {keys: [tailnum]}
        sources:
          flights:
            path: data/flights
            derive:
              landed: time + minutes(delay)
              late: delay > 15
            event_time: time
            availability: landed
            where: delay is not null
        views:
          record:
            entity: plane
            source: flights
            windows: [1h, 2h]
            where: late
            features:
              twice: delay * 2
              most: {value: max(delay), where: dest = 'BOS'}
        services:
          s: {features: [record]}

        """

    static func plan(_ text: String = text) throws -> ViewPlan {
        try DefinitionFiles.read(text).plan(forService: "s").views[0]
    }

    static let types: [String: ExpressionType] = [
        "tailnum": .string, "time": .timestamp, "delay": .int64, "dest": .string,
    ]

    @Test("a bound plan computes derived columns, filters and values")
    func evaluates() throws {
        let plan = try Self.plan()
        #expect(plan.columnsOfData == ["delay", "dest", "tailnum", "time"])
        let bound = try plan.bound(toData: Self.types)
        var batch = ExpressionBatch(
            count: 3,
            columns: [
                "tailnum": .string(TextVector(["N1", "N2", "N3"])), "dest": .string(TextVector(["BOS", "LAX", nil])),
                "time": .timestamp(FixedVector([0, 60_000_000, 120_000_000])),
                "delay": .int64(FixedVector([20, 5, 0], validity: [true, true, false])),
            ])
        try bound.derive(in: &batch)
        #expect(bound.derived.map(\.name) == ["landed", "late"])
        #expect(try bound.sourceFilter?.evaluate(batch).rows == [.bool(true), .bool(true), .bool(false)])
        #expect(try bound.filter?.evaluate(batch).rows == [.bool(true), .bool(false), .null])
        #expect(try bound.values.map { try $0?.evaluate(batch).rows[0] } == [.int(40), .int(20), .int(20)])
        #expect(try bound.valueFilters[1]?.evaluate(batch).rows == [.bool(true), .bool(false), .null])
        let landed = try Expression(parsing: "landed").bound(to: ColumnTypes(["landed": .timestamp]))
        #expect(try landed.evaluate(batch).rows == [.moment(1_200_000_000), .moment(360_000_000), .null])
    }

    @Test("what the data lacks or has of another type is named where the definitions ask for it")
    func mismatches() throws {
        var types = Self.types
        types["time"] = .string
        types["tailnum"] = nil
        types["tail_num"] = .string
        types["dest"] = .int64
        let error = #expect(throws: InvalidDefinitions.self) { try Self.plan().bound(toData: types) }
        #expect(
            error?.problems.map(\.description) == [
                "features/a.yaml:7:15: a side of '+' must be a number, a moment or a length of time, not string",
                "features/a.yaml:9:17: the column 'time' must be a timestamp, not string",
                "features/a.yaml:14:13: the source 'flights' has no column 'tailnum'; did you mean 'tail_num'?",
                "features/a.yaml:20:45: the sides of '=' must be of one type, not int64 and string",
            ])
    }
}
