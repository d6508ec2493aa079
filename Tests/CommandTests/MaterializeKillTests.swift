import FileSystem
import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Filling an online store, killed")
struct MaterializeKillTests {
    @Test("leaves a store that is filled by the next run, and then answers what the join yields")
    func kills() throws {
        let folder = try CommandFolder()
        try folder.run("vintage", "init")
        try folder.write(
            """
            entities:
              thing: {keys: {thing: int64}}
            sources:
              facts: {path: data/facts.csv, event_time: time}
            views:
              last: {entity: thing, source: facts, features: [value]}
              sums: {entity: thing, source: facts, windows: [2d], features: {total: sum(value)}}
            services:
              all: {features: [last, sums]}

            """, to: "features/a.yaml")
        var random = SplitMix(seed: 5)
        var kills = 0
        for round in 0..<25 {
            var text = "thing,time,value\n"
            for row in 0..<6000 { text += "\(row % 2000),2013-06-0\(row % 3 + 1)T00:00:00Z,\(row ^ round)\n" }
            try folder.write(text, to: "data/facts.csv")
            try folder.run("vintage", "add", "data")
            let fill = ["features", "materialize", "--until", "2013-06-04"]
            let running = try folder.vintage(fill)
            usleep(UInt32.random(in: 0...60_000, using: &random))
            running.signal(SIGKILL)
            if try running.wait().status == 128 + SIGKILL { kills += 1 }
            try folder.run("vintage", "features", "materialize", "--until", "2013-06-04")
            let (first, second) = ("thing=\(round)", "thing=1999")
            let online = try folder.run(
                "vintage", "features", "get", "--at", "2013-06-04", "--json", "--entities", first, "--entities", second)
            let offline = try folder.run(
                "vintage", "features", "asof", "--at", "2013-06-04", "--json", "--entities", first, "--entities", second
            )
            #expect(Self.values(online) == Self.values(offline))
            #expect(Self.values(online).count == 4)
        }
        #expect(kills > 5)
    }

    private static func values(_ json: String) -> [Substring] {
        json.split(separator: "\n").filter { $0.contains("\"value\":") }
    }
}
