import Splits
import Testing

@Suite("Splits by chance, by stratum and by group")
struct AssignmentTests {
    private let shares: [Shares]

    init() throws {
        shares =
            [Shares(equal: 2), Shares(equal: 3), Shares(equal: 7)]
            + [
                try Shares(parsing: ["0.8", "0.2"]), try Shares(parsing: ["0.7", "0.15", "0.15"]),
                try Shares(parsing: ["0.333", "0.333", "0.334"]),
            ]
    }

    @Test("each part has its share of each stratum, within one row, and of all rows")
    func strataKeepTheirShares() throws {
        var random = RandomSource(seed: 4)
        for number in 0..<1500 {
            let strata = random.categories(rows: random.number(20...300), atMost: random.number(1...8))
            let shares = shares[number % shares.count]
            let assignment = try Assignment(stratified: strata, shares, &random)
            var counts = [[Int]](repeating: Array(repeating: 0, count: shares.parts.count), count: strata.count)
            for (row, part) in assignment.parts.enumerated() { counts[Int(strata.codes[row])][Int(part)] += 1 }
            for (stratum, size) in strata.sizes.enumerated() {
                for (part, share) in shares.parts.enumerated() {
                    let exact = Double(size) * Double(share) / Double(shares.denominator)
                    #expect(abs(Double(counts[stratum][part]) - exact) < 1 + 1e-9)
                }
            }
            // What one stratum rounds up another rounds down.
            for (part, share) in shares.parts.enumerated() {
                let exact = Double(strata.codes.count) * Double(share) / Double(shares.denominator)
                #expect(abs(Double(assignment.sizes[part]) - exact) < 2)
            }
        }
    }

    @Test("a row is as likely in one part as its share says")
    func rowsAreAlike() throws {
        let (rows, runs) = (20, 4000)
        var inTest = [Int](repeating: 0, count: rows)
        let shares = try Shares(parsing: ["0.75", "0.25"])
        var random = RandomSource(seed: 5)
        for _ in 0..<runs {
            let assignment = try Assignment(stratified: Categories(one: rows), shares, &random)
            for row in 0..<rows where assignment.parts[row] == 1 { inTest[row] += 1 }
        }
        // The counts add up to runs · 5; chi-square with 19 degrees of freedom, of which 43.8 is the 0.999 quantile.
        let expected = Double(runs) / 4
        let sum = inTest.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / (expected * 0.75) }
        #expect(sum * 19 / 20 < 43.8)
        #expect(inTest.reduce(0, +) == runs * 5)
    }

    @Test("no group has rows in two parts, and every part has a group")
    func groupsNeverStraddle() throws {
        var random = RandomSource(seed: 6)
        var refused = 0
        for number in 0..<1500 {
            let rows = random.number(10...200)
            let groups = random.categories(rows: rows, atMost: random.number(1...40))
            let strata = random.chance(50) ? random.categories(rows: rows, atMost: 4) : nil
            let shares = shares[number % shares.count]
            let assignment: Assignment
            do {
                assignment = try Assignment(grouped: groups, strata: strata, shares, &random)
            } catch {
                #expect(error == .tooFew("groups", found: groups.count, needed: shares.parts.count))
                refused += 1
                continue
            }
            var part = [Int32](repeating: -1, count: groups.count)
            for (row, own) in assignment.parts.enumerated() {
                let group = Int(groups.codes[row])
                #expect(part[group] < 0 || part[group] == own)
                part[group] = own
            }
            #expect(assignment.sizes.allSatisfy { $0 > 0 })
        }
        #expect(refused > 0)
    }

    @Test("groups are dealt so that no part is further from its share than the largest group")
    func groupsAreBalanced() throws {
        var random = RandomSource(seed: 7)
        for number in 0..<300 {
            let groups = random.categories(rows: random.number(200...600), atMost: 60)
            let shares = shares[number % shares.count]
            let assignment = try Assignment(grouped: groups, shares, &random)
            let largest = Double(groups.sizes.max() ?? 0)
            for (part, share) in shares.parts.enumerated() {
                let exact = Double(groups.codes.count) * Double(share) / Double(shares.denominator)
                #expect(Double(assignment.sizes[part]) - exact <= largest)
            }
        }
    }

    @Test("strata of groups come closer to their shares than without them")
    func groupsAreStratified() throws {
        var random = RandomSource(seed: 8)
        // Sixty groups of ten rows; every third is all of a rare stratum.
        let groups = Categories((0..<600).map { Int32($0 / 10) }, count: 60)
        let strata = Categories((0..<600).map { $0 / 10 % 3 == 0 ? 1 : 0 }, count: 2)
        let assignment = try Assignment(grouped: groups, strata: strata, Shares(equal: 5), &random)
        for part in 0..<5 {
            let rows = strata.codes.indices.filter { assignment.parts[$0] == part }
            #expect(rows.count == 120)
            #expect(rows.count { strata.codes[$0] == 1 } == 40)
        }
    }

    @Test("every row judges in exactly one fold and teaches in all others")
    func everyRowJudgesOnce() throws {
        var random = RandomSource(seed: 9)
        for count in 2...6 {
            let rows = 50 + count
            let stratified = try Assignment(
                stratified: random.categories(rows: rows, atMost: 3), Shares(equal: count), &random)
            let grouped = try Assignment(
                grouped: Categories((0..<rows).map { Int32($0) }, count: rows), Shares(equal: count), &random)
            let times = (0..<rows).map { Int64($0) }
            for folds in try [
                Folds(stratified), Folds(grouped), Folds(purging: times, count: count, .none),
            ] {
                for row in 0..<rows {
                    let roles = (0..<count).map { folds.role(of: row, in: $0) }
                    #expect(roles.count { $0 == .test } == 1)
                    #expect(roles.count { $0 == .train } == count - 1)
                }
            }
        }
    }

    @Test("a seed gives the same split, another seed another")
    func seeds() throws {
        var generator = RandomSource(seed: 10)
        let strata = generator.categories(rows: 200, atMost: 4)
        func parts(_ seed: UInt64) throws -> [[Int32]] {
            var random = RandomSource(seed: seed)
            let shares = Shares(equal: 3)
            return [
                try Assignment(stratified: strata, shares, &random).parts,
                try Assignment(grouped: Categories((0..<200).map { Int32($0 / 4) }, count: 50), shares, &random).parts,
            ]
        }
        #expect(try parts(1) == parts(1))
        let (one, two) = (try parts(1), try parts(2))
        #expect(one[0] != two[0] && one[1] != two[1])
    }

    @Test("strata with hardly two rows each are an error")
    func tooManyStrata() {
        var random = RandomSource(seed: 11)
        let strata = Categories((0..<10).map { Int32($0 * 6 / 10) }, count: 6)
        #expect(throws: SplitError.tooManyStrata(6, rows: 10)) {
            try Assignment(stratified: strata, Shares(equal: 2), &random)
        }
    }

    @Test("fractions are read exactly and must make a whole")
    func fractions() throws {
        #expect(try Shares(parsing: ["0.7", ".15", "0.150"]).parts == [700_000_000, 150_000_000, 150_000_000])
        #expect(throws: SplitError.fractionsDoNotAddUp("0.95")) { try Shares(parsing: ["0.8", "0.15"]) }
        #expect(throws: SplitError.fractionsDoNotAddUp("100.0")) { try Shares(parsing: ["80", "20"]) }
        for text in ["", ".", "-0.2", "1e-1", "0,5", "0", "0.0000000001", "½"] {
            #expect(throws: SplitError.badFraction(text)) { try Shares(parsing: [text, "0.5"]) }
        }
    }
}
