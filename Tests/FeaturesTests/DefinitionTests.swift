import FileSystem
import Testing

import Features
import struct Workspace.TimeSpan

@Suite("Definitions")
struct DefinitionTests {
    @Test("the documentation's example is valid, and its service can be planned")
    func example() throws {
        let definitions = try DefinitionFiles.read(DefinitionFiles.flights())
        let plan = try definitions.plan(forService: "arrival")
        #expect(
            plan.columnNames == [
                "temp", "wind_speed", "is_foggy", "wind_chill", "dest_temp", "dest_wind_speed", "dest_is_foggy",
                "dest_wind_chill", "landed_1h", "landed_24h", "landed_7d", "delay_1h", "delay_24h", "delay_7d",
                "late_share_1h", "late_share_24h", "late_share_7d", "last_delay", "plane_flights",
            ])
        #expect(
            plan.views.map(\.view.name) == ["airport_weather", "airport_weather", "carrier_record", "plane_record"])
        #expect(plan.views[1].keys.map(\.spineColumn) == ["dest"])
        #expect(plan.views[1].keys.map(\.sourceColumn) == ["origin"])
        #expect(plan.label?.horizon.seconds == 86_400)
        let record = plan.views[2]
        #expect(
            record.columnsOfData == [
                "air_time", "arr_delay", "carrier", "dep_delay", "flight", "minute", "time_hour",
            ])
        #expect(record.derived.map(\.name) == ["scheduled", "landed"])
        #expect(plan.views[3].columns.map(\.feature) == ["last_delay", "flights_24h"])
        #expect(plan.views[3].view.timeToLive == TimeSpan.days(30))
    }

    @Test("every example of the documentation is valid")
    func examples() throws {
        for example in try DefinitionFiles.examples(in: "features.md") {
            #expect(try DefinitionFiles.problems(example) == [])
        }
    }

    @Test("an empty file and empty sections define nothing")
    func empty() throws {
        #expect(try DefinitionFiles.read("").isEmpty)
        #expect(try DefinitionFiles.read("# nothing\nviews:\nentities: {}\n").isEmpty)
    }

    static let start = """
        entities:
          plane: {keys: [tailnum]}
        sources:
          flights:
            path: data/flights
            event_time: time
            columns: {tailnum: string, time: timestamp, delay: float64, "wind.speed": float64, dest: string}

        """

    /// Text after the start, and what is wrong with it.
    static let mistakes: [(text: String, problems: [String])] = [
        (
            "views:\n  v: {entity: plane, source: flights, features: {x: delay}, tll: 1h}",
            ["features/a.yaml:9:61: the view 'v' has no key 'tll'; did you mean 'ttl'?"]
        ),
        (
            "veiws: {}",
            ["features/a.yaml:8:1: the file has no key 'veiws'; did you mean 'views'?"]
        ),
        (
            "views:\n  v: {entity: plane, source: flights}",
            ["features/a.yaml:9:3: the view 'v' needs the key 'features'"]
        ),
        (
            "views:\n  v: {entity: plnae, source: flight, features: [delay]}",
            [
                "features/a.yaml:9:15: there is no entity 'plnae'; did you mean 'plane'?",
                "features/a.yaml:9:30: there is no source 'flight'; did you mean 'flights'?",
            ]
        ),
        (
            "views:\n  v:\n    entity: plane\n    source: flights\n    features:\n      x: 1 + dely",
            ["features/a.yaml:13:14: there is no column 'dely'; did you mean 'delay'?"]
        ),
        (
            "views:\n  v:\n    entity: plane\n    source: flights\n    features:\n      x: 'if(delay > 1, ''a'', dets)'",
            ["features/a.yaml:13:32: there is no column 'dets'; did you mean 'dest'?"]
        ),
        (
            "views:\n  v:\n    entity: plane\n    source: flights\n    features:\n      x: |\n        delay +\n          avg(delay)",
            ["features/a.yaml:15:11: there is no function 'avg'; did you mean 'mean'?"]
        ),
        (
            "views:\n  v: {entity: plane, source: flights, features: {x: delay + dest}}",
            ["features/a.yaml:9:61: a side of '+' must be a number, a moment or a length of time, not string"]
        ),
        (
            "views:\n  v: {entity: plane, source: flights, features: {x: mean(delay)}}",
            ["features/a.yaml:9:53: the aggregation 'v.x' has no window; give it 'windows', or the whole view"]
        ),
        (
            "views:\n  v: {entity: plane, source: flights, features: {x: {value: delay, windows: [1h]}}}",
            [
                "features/a.yaml:9:77: 'windows' goes with an aggregation, such as mean(x); this feature is an expression"
            ]
        ),
        (
            "views:\n  v: {entity: plane, source: flights, windows: [1h], features: {x: 1 + mean(delay)}}",
            [
                "features/a.yaml:9:72: the aggregation 'mean' must be the whole value of a feature of a view, not a part of "
                    + "an expression"
            ]
        ),
        (
            "views:\n  v: {entity: plane, source: flights, windows: [24h, 1d], features: {x: mean(delay)}}",
            ["features/a.yaml:9:54: '1d' is there twice in 'windows' of the view 'v'; remove or rename one of the two"]
        ),
        (
            "views:\n  v: {entity: plane, source: flights, ttl: 0s, features: [delay]}",
            [
                "features/a.yaml:9:44: 'ttl' must be a span of time longer than 0s, as 90s, 30m, 24h or 7d, not '0s'"
            ]
        ),
        (
            "views:\n  v: {entity: plane, source: flights, where: delay, features: [delay]}",
            ["features/a.yaml:9:46: 'where' must be true or false, not float64"]
        ),
        (
            "views:\n  v: {entity: plane, source: flights, windows: [1h], features: {x: sum(dest)}}",
            ["features/a.yaml:9:68: what 'sum' takes must be a number, not string"]
        ),
        (
            "views:\n  v: {entity: plane, source: flights, keys: {tailnumber: dest}, features: [delay]}",
            ["features/a.yaml:9:46: the entity 'plane' has no key 'tailnumber'; did you mean 'tailnum'?"]
        ),
        (
            "views:\n  v: {entity: plane, source: flights, keys: {tailnum: delay}, features: [delay]}",
            ["features/a.yaml:9:55: the column 'delay' must be a string, not float64"]
        ),
        (
            "views:\n  a.b: {entity: plane, source: flights, features: [delay]}",
            [
                "features/a.yaml:9:3: 'a.b' cannot be the name of a view; use letters, digits and '_', and begin with no "
                    + "digit"
            ]
        ),
        (
            "views:\n  v: {entity: plane, source: flights, features: [wind.speed]}",
            [
                "features/a.yaml:9:50: 'wind.speed' cannot be the name of a feature; use letters, digits and '_', and "
                    + "begin with no digit"
            ]
        ),
        (
            "views:\n  v: {entity: plane, source: flights, windows: [1h], features: {x_1h: delay, x: count()}}",
            [
                "features/a.yaml:9:78: 'x_1h' is there twice in the features of the view 'v'; remove or rename one of the "
                    + "two"
            ]
        ),
        (
            "services:\n  s: {features: [w]}",
            ["features/a.yaml:9:18: there is no view 'w'; define it under 'views', or use another"]
        ),
        (
            "views:\n  v: {entity: plane, source: flights, features: [delay]}\nservices:\n  s: {features: [v.dely], label: late}",
            [
                "features/a.yaml:11:18: the view 'v' has no feature 'dely'; did you mean 'v.delay'?",
                "features/a.yaml:11:34: there is no label 'late'; define it under 'labels', or use another",
            ]
        ),
        (
            "views:\n  v: {entity: plane, source: flights, features: [delay]}\nservices:\n  s: {features: [v, v.delay]}",
            [
                "features/a.yaml:11:21: the column 'delay' is there already, as 'v.delay'; give one of them an 'as' or a "
                    + "'prefix'"
            ]
        ),
        (
            "labels:\n  late: {column: late, time: time, horizon: soon}",
            ["features/a.yaml:9:45: 'horizon' must be a span of time, as 90s, 30m, 24h or 7d, not 'soon'"]
        ),
        (
            "labels:\n  late: {column: late, time: time, value: delay > 15}",
            ["features/a.yaml:9:43: 'value' needs the key 'source' beside it"]
        ),
        (
            "labels:\n  late: {column: late, time: time, source: flights, event: {id: tail}}",
            [
                "features/a.yaml:9:65: the source 'flights' has no column 'tail'; add it to the source's 'columns' or 'derive'"
            ]
        ),
        (
            "services: [s]",
            ["features/a.yaml:8:11: 'services' must be names and what they mean, not a list"]
        ),
        (
            "services:\n  s: {features: [{view: v, feature: v.x}]}",
            ["features/a.yaml:9:18: 'view' cannot stand beside 'feature'; keep one of them"]
        ),
    ]

    @Test("an error names its file, line and column, and the nearest right name", arguments: mistakes.indices)
    func wrong(_ index: Int) throws {
        let (text, expected) = Self.mistakes[index]
        #expect(try DefinitionFiles.problems(Self.start + text) == expected)
    }

    @Test("of a source, columns and types are checked")
    func sources() throws {
        func problems(_ keys: String) throws -> [String] {
            try DefinitionFiles.problems("sources:\n  s:\n    path: data/a.csv\n    event_time: t\n\(keys)\n")
        }
        #expect(
            try problems("    columns: {t: string}") == [
                "features/a.yaml:4:17: the column 't' must be a timestamp, not string"
            ])
        #expect(
            try problems("    columns: {t: timestmp}") == [
                "features/a.yaml:5:18: there is no type 'timestmp'; did you mean 'timestamp'?"
            ])
        #expect(
            try problems("    columns: {t: date, posted: timestamp}\n    availability: postd") == [
                "features/a.yaml:6:19: the source 's' has no column 'postd'; did you mean 'posted'?"
            ])
        #expect(
            try problems("    availability: {lag: 1 hour}") == [
                "features/a.yaml:5:25: 'lag' must be a span of time, as 90s, 30m, 24h or 7d, not '1 hour'"
            ])
        #expect(
            try problems("    retracted: gone") == [
                "features/a.yaml:5:16: 'retracted' needs the key 'event_key' beside it"
            ])
        #expect(
            try problems("    zone: America/New_Yrok") == [
                "features/a.yaml:5:11: there is no time zone 'America/New_Yrok'; did you mean 'America/New_York'?"
            ])
        #expect(try problems("    zone: '+05:30'") == [])
        #expect(
            try problems("    format: xlsx") == [
                "features/a.yaml:5:13: 'format' must be parquet or csv, not 'xlsx'"
            ])
        #expect(
            try problems("    derive:\n      t: a\n      a: b + 1s\n      b: t") == [
                "features/a.yaml:7:7: these columns are derived from each other: a -> b -> t -> a; derive one of them otherwise"
            ])
        #expect(
            try DefinitionFiles.problems("sources:\n  s: {path: ../up, event_time: t}\n") == [
                "features/a.yaml:2:13: 'path' must be a path from the workspace's root, as data/flights/*.parquet, not '../up'"
            ])
    }

    @Test("a name that two files define is an error in the second, which names the first")
    func duplicates() throws {
        let text = "entities:\n  plane: {keys: [tailnum]}\n"
        #expect(
            try DefinitionFiles.problems([("features/b.yaml", text), ("features/a.yaml", "# first\n" + text)]) == [
                "features/b.yaml:2:3: the entity 'plane' is defined already, at features/a.yaml:3:3; rename or remove one "
                    + "of the two"
            ])
    }

    @Test("what is no YAML is an error with its place")
    func syntax() throws {
        let twice = try DefinitionFiles.problems("views:\n  a: {}\nlabels:\n  x:\n    column: a\n    column: b\n")
        #expect(twice == ["features/a.yaml:6:5: not valid YAML: the key 'column' is there twice"])
        let open = try DefinitionFiles.problems("views: {a: [}\n")
        #expect(open.count == 1 && open[0].hasPrefix("features/a.yaml:1:13: not valid YAML: "), "\(open)")
        let bytes = [(path: try RelativePath("features/a.yaml"), bytes: [UInt8(0xff)])]
        let error = #expect(throws: InvalidDefinitions.self) { try Definitions(files: bytes) }
        #expect(error?.description == "features/a.yaml: not valid YAML: the file is not UTF-8 text")
    }

    @Test("all that is wrong is reported, in the order of the files")
    func all() throws {
        let problems = try DefinitionFiles.problems([
            ("features/b.yaml", "x: 1\n"), ("features/a.yaml", "entities:\n  a: 1\n  b: {keys: []}\n"),
        ])
        #expect(
            problems.map { $0.prefix(19) } == ["features/a.yaml:2:6", "features/a.yaml:3:1", "features/b.yaml:1:1"])
    }

    @Test("a column with a dot is used in double quotes")
    func dots() throws {
        let text = "views:\n  v: {entity: plane, source: flights, features: {wind: '\"wind.speed\" * 2'}}"
        let view = try DefinitionFiles.read(Self.start + text).view("v")
        #expect(view.features[0].value.expression?.columns == ["wind.speed"])
    }

    @Test("the digest is that of what definitions mean, not of how they are written")
    func digest() throws {
        let one = try DefinitionFiles.read(DefinitionFiles.flights())
        #expect(one.digest.description.count == 64)
        let moved = try DefinitionFiles.flights().components(separatedBy: "\n\n").enumerated()
            .map { ("features/\(9 - $0.offset).yaml", $0.element) }
        // The sections apart, in other files and another order; weather is in the sources' section, as its own file shows.
        let parts = moved.map { ($0.0, $0.1.hasPrefix("  weather:") ? "sources:\n" + $0.1 : $0.1) }
            .map {
                (
                    $0.0,
                    $0.1.hasPrefix("  carrier_record:") || $0.1.hasPrefix("  plane_record:") ? "views:\n" + $0.1 : $0.1
                )
            }
        #expect(try DefinitionFiles.read(parts).digest == one.digest)
        let respelt = try DefinitionFiles.flights().replacingOccurrences(of: "arr_delay > 15", with: "(arr_delay>15)")
            .replacingOccurrences(of: "An aircraft", with: "A plane").replacingOccurrences(
                of: "ttl: 6h", with: "ttl: 360m")
        #expect(try DefinitionFiles.read(respelt).digest == one.digest)
        let changed = try DefinitionFiles.flights().replacingOccurrences(of: "ttl: 6h", with: "ttl: 5h")
        #expect(try DefinitionFiles.read(changed).digest != one.digest)
    }

    @Test("a service's digest is that of what it reaches")
    func serviceDigest() throws {
        let text =
            Self.start + """
                views:
                  v: {entity: plane, source: flights, features: [delay]}
                  w: {entity: plane, source: flights, features: [dest]}
                services:
                  s: {features: [v]}

                """
        let one = try DefinitionFiles.read(text).plan(forService: "s").digest
        let other = text.replacing("features: [dest]", with: "features: {dest: upper(dest)}")
        #expect(try DefinitionFiles.read(other).plan(forService: "s").digest == one)
        let changed = text.replacing("features: [delay]", with: "features: {delay: delay * 2}")
        #expect(try DefinitionFiles.read(changed).plan(forService: "s").digest != one)
    }

    @Test("a pattern matches files as a shell does")
    func patterns() throws {
        func matches(_ pattern: String, _ path: String) throws -> Bool {
            try #require(SourcePath(parsing: pattern)).matches(RelativePath(path))
        }
        #expect(try matches("data/*.parquet", "data/a.parquet"))
        #expect(try !matches("data/*.parquet", "data/b/a.parquet"))
        #expect(try matches("data/**/*.parquet", "data/a.parquet"))
        #expect(try matches("data/**/*.parquet", "data/b/c/a.parquet"))
        #expect(try matches("data/a?c", "data/aéc"))
        #expect(try matches("data/*a*b", "data/xaxbxab"))
        #expect(try !matches("data/*a*b", "data/xaxbxa"))
        #expect(try matches("data", "data/x/y"))
        #expect(try !matches("data", "database"))
        #expect(SourcePath(parsing: "data/2013/*.csv")?.folder == (try RelativePath("data/2013")))
    }
}
