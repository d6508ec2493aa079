import Foundation
import Inference
import Learning
import LearningSupport
import SystemPackage
import Tables
import Testing

@Suite struct TreeEnsembleTests {
    // MARK: Against XGBoost

    @Test(
        "trees that XGBoost has trained answer as XGBoost does, missing numbers too, for any number of rows",
        arguments: [
            ("late", ""), ("size", ""), ("delay", ""), ("delay", "loss: absolute_error\n"),
            ("delay", "loss: huber\n"), ("id", "loss: poisson\n"),
        ])
    func equalsPeer(_ label: String, _ loss: String) throws {
        let scratch = try ScratchFolder()
        // The names of the flights are numbers from 0.
        let text = FlightsTable.text(rows: 3000).replacing("\nN", with: "\n")
        try scratch.write(Array(text.utf8), to: "flights.csv")
        let model = try FlightsTable.run(
            scratch,
            "model: trees\nlabel: \(label)\n\(loss)features: [carrier, temp, wind, flag]\ntrees: {rounds: 50, depth: 7}\n"
        ).model
        guard case .trees(let trained) = model.engine else {
            Issue.record("it has no trees")
            return
        }
        let trees = try TreeEnsemble(parsing: trained.bytes)
        #expect(trees.columns == 4 && trees.outputs == (label == "size" ? 3 : 1))
        var random = SeededNumbers(seed: 5)
        for count in [1, 2, 3, 4, 7, 8, 9, 100, 2500] {
            let rows = (0..<(count * 4)).map { place -> Float in
                if random.below(5) == 0 { return .nan }
                return place % 4 == 0 ? 40 * random.signed() : Float(random.below(20))
            }
            let matrix = FeatureMatrix(count: count, width: 4, numbers: rows, tables: 0, codes: [])
            let expected = try trained.margins(matrix, workers: 1)
            for workers in [1, 2] {
                let found = trees.margins(rows, workers: workers)
                #expect(found.count == expected.count)
                #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 2 * $1.ulp }, "\(count) rows")
            }
        }
    }

    // MARK: Against the rules

    @Test(
        "any trees answer by the rules, on the thresholds, at the ends of the numbers, missing and infinite too",
        arguments: [
            (1, 1, 1, 0), (3, 1, 5, 1), (5, 1, 17, 9), (5, 3, 24, 31), (300, 1, 9, 60), (20_000, 2, 6, 40),
        ], [1, 2, 3])
    func random(_ shape: (columns: Int, outputs: Int, trees: Int, splits: Int), _ seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        let made = MadeUpTrees(
            &random, columns: shape.columns, outputs: shape.outputs, trees: shape.trees, splits: shape.splits)
        let trees = try TreeEnsemble(parsing: Array(made.json.utf8))
        for count in [0, 1, 3, 4, 8, 21, 70] {
            let rows = made.rows(count, &random)
            #expect(trees.margins(rows) == made.margins(rows), "\(count) rows")
        }
    }

    @Test(
        "a tree that is a long chain, or has more nodes than 16 bits count, is walked to its end",
        arguments: [40, 40_000])
    func deep(_ splits: Int) throws {
        var random = SeededNumbers(seed: 3)
        for isChain in [true, false] {
            let made = MadeUpTrees(&random, columns: 4, trees: 2, splits: splits, isChain: isChain)
            let trees = try TreeEnsemble(parsing: Array(made.json.utf8))
            let rows = made.rows(30, &random)
            #expect(trees.margins(rows) == made.margins(rows))
            #expect(trees.margins(Array(rows.prefix(4))) == made.margins(Array(rows.prefix(4))))
        }
    }

    @Test("rows that are shared out to threads get the answers of one thread")
    func threads() throws {
        var random = SeededNumbers(seed: 9)
        let made = MadeUpTrees(&random, columns: 6, outputs: 2, trees: 20, splits: 20)
        let trees = try TreeEnsemble(parsing: Array(made.json.utf8))
        let rows = made.rows(5000, &random)
        #expect(trees.margins(rows, workers: 3) == trees.margins(rows))
    }

    @Test("numbers are read as the nearest of single precision, however they are written")
    func numbers() throws {
        var random = SeededNumbers(seed: 11)
        var texts = [
            "0", "-0.0", "1E-1", "1.5e+3", "16777217", "16777219", "0.30000001192092896", "3.4028235E38", "1E-45",
            "7e-46",
            "1.00000017881393432617187499", "1.00000017881393432617187500", "1.00000017881393432617187501",
            "123456789012345678901234567890", "0.000000000000000000000000000000000012345678901234567890",
        ]
        for _ in 0..<2000 {
            let bits = UInt32(truncatingIfNeeded: random.next())
            if Float(bitPattern: bits).isFinite { texts.append("\(Float(bitPattern: bits))") }
            texts.append("\(random.below(1_000_000_000))E\(random.below(40) - 30)")
        }
        var made = MadeUpTrees(&random, columns: 1, trees: 1, splits: 0)
        made.trees[0][0].threshold = 0.125
        for text in texts {
            let json = made.json.replacing("\"split_conditions\":[0.125]", with: "\"split_conditions\":[ \(text) ]")
            #expect(try TreeEnsemble(parsing: Array(json.utf8)).margins([0]) == [0 + (Float(text) ?? .nan)], "\(text)")
        }
    }

    @Test(
        "outputs begin with the objective's score in the sum's own unit",
        arguments: [
            ("binary:logistic", "0.5", Float(0)), ("binary:logistic", "8.8079703E-1", 2), ("count:poisson", "1E0", 0),
            ("count:poisson", "7.389056", 2), ("reg:squarederror", "-3.5E0", -3.5), ("reg:absoluteerror", "[2E0]", 2),
        ])
    func base(_ objective: String, _ score: String, _ expected: Float) throws {
        var random = SeededNumbers(seed: 1)
        var made = MadeUpTrees(&random, columns: 1, trees: 0, splits: 0)
        (made.objective, made.base) = (objective, score)
        let found = try TreeEnsemble(parsing: Array(made.json.utf8)).margins([1])
        #expect(abs(found[0] - expected) < 1e-6)
    }

    @Test("each class may begin with a score of its own, as XGBoost 3 writes it, or all with one")
    func bases() throws {
        var random = SeededNumbers(seed: 1)
        var made = MadeUpTrees(&random, columns: 1, outputs: 3, trees: 0, splits: 0)
        made.objective = "multi:softprob"
        for (score, expected) in [
            ("[-1.5E0,2E0,5E-1]", [-1.5, 2, 0.5]), ("5E-1", [0.5, 0.5, 0.5]), ("[2E0]", [2, 2, 2]),
        ] {
            made.base = score
            let trees = try TreeEnsemble(parsing: Array(made.json.utf8))
            #expect(trees.margins([1, 2]) == (expected + expected).map { Float($0) })
        }
        made.base = "[1E0,2E0]"
        #expect(Self.problem(made.json) == .header("'base_score' has 2 numbers for 3 outputs"))
    }

    // MARK: Hostile models

    /// One tree of five nodes: 0 asks, 1 is a leaf, 2 asks, 3 and 4 are leaves.
    private static func small() -> MadeUpTrees {
        var random = SeededNumbers(seed: 1)
        var made = MadeUpTrees(&random, columns: 2, trees: 1, splits: 0)
        made.trees = [
            [
                .init(left: 1, right: 2, column: 1, threshold: 0.5), .init(threshold: 1),
                .init(left: 3, right: 4, column: 0, threshold: 0.25), .init(threshold: 2), .init(threshold: 3),
            ]
        ]
        return made
    }

    private static func problem(_ text: String) -> TreeModelError? {
        do throws(TreeModelError) {
            _ = try TreeEnsemble(parsing: Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "a tree that is damaged is refused with its node and the reason",
        arguments: [
            ("\"left_children\":[1,", "\"left_children\":[5,", Int?.some(0), TreeDamage.childOutside),
            ("\"left_children\":[1,", "\"left_children\":[-2,", 0, .childOutside),
            ("\"right_children\":[2,-1,4", "\"right_children\":[2,-1,0", 0, .sharedNode),
            ("\"right_children\":[2,-1,4", "\"right_children\":[2,-1,2", 2, .sharedNode),
            ("\"right_children\":[2,-1,4", "\"right_children\":[2,-1,3", 3, .sharedNode),
            ("\"right_children\":[2,-1,4", "\"right_children\":[2,-1,-1", 2, .oneChild),
            ("\"split_indices\":[1,", "\"split_indices\":[2,", 0, .columnOutside),
            ("\"split_indices\":[1,", "\"split_indices\":[-1,", 0, .columnOutside),
            ("\"split_conditions\":[0.5,", "\"split_conditions\":[NaN,", 0, .threshold),
            ("\"split_conditions\":[0.5,", "\"split_conditions\":[-Infinity,", 0, .threshold),
            ("\"split_conditions\":[0.5,", "\"split_conditions\":[1e39,", 0, .threshold),
            ("\"split_conditions\":[0.5,1.0,", "\"split_conditions\":[0.5,NaN,", 1, .leaf),
            ("\"split_indices\":[1,", "\"split_indices\":[1,1,", nil, .lengths),
            ("\"default_left\":[0,", "\"default_left\":[", nil, .lengths),
            ("\"num_nodes\":\"5\"", "\"num_nodes\":\"7\"", nil, .lengths),
            ("\"tree_info\":[0]", "\"tree_info\":[1]", nil, .outputOutside),
            ("\"tree_info\":[0]", "\"tree_info\":[-1]", nil, .outputOutside),
        ])
    func damagedTree(_ old: String, _ new: String, _ node: Int?, _ damage: TreeDamage) {
        let text = Self.small().json
        #expect(text.contains(old) && Self.problem(text) == nil)
        #expect(Self.problem(text.replacing(old, with: new)) == .tree(0, node: node, damage))
    }

    @Test("a tree without nodes is refused")
    func emptyTree() {
        var made = Self.small()
        made.trees = [[]]
        #expect(Self.problem(made.json) == .tree(0, node: nil, .empty))
    }

    @Test("nodes that XGBoost has cut off, which nothing leads to, are no damage")
    func cutOffNodes() throws {
        var made = Self.small()
        made.trees[0].append(.init(left: 99, right: -7, column: 50, threshold: .zero))
        #expect(try TreeEnsemble(parsing: Array(made.json.utf8)).margins([0, 1]) == [2])
    }

    @Test(
        "what is not known, or does not fit together, is refused and not guessed",
        arguments: [
            ("\"name\":\"gbtree\"", "\"name\":\"dart\"", "its booster is 'dart'"),
            ("reg:squarederror", "rank:pairwise", "its objective 'rank:pairwise' is not known"),
            ("\"split_type\":[0,", "\"split_type\":[1,", "tree 0 asks for categories"),
            ("\"size_leaf_vector\":\"0\"", "\"size_leaf_vector\":\"3\"", "the leaves of tree 0 have 3 values"),
            ("\"num_trees\":\"1\"", "\"num_trees\":\"2\"", "it has 1 trees where 'num_trees' says 2"),
            ("\"tree_info\":[0]", "\"tree_info\":[0,0]", "it has 1 trees and 2 elements of 'tree_info'"),
            ("\"num_feature\":\"2\"", "\"num_feature\":\"0\"", "'num_feature' is 0"),
            ("\"num_feature\":\"2\"", "\"num_feature\":\"4000000000\"", "'num_feature' is no number up to"),
            ("\"num_feature\":\"2\"", "\"num_features\":\"2\"", "it has no 'num_feature'"),
            ("\"base_score\":\"0\"", "\"base_score\":\"nan\"", "'base_score' is no finite number"),
            ("\"trees\":", "\"tress\":", "it has no 'trees'"), ("{\"learner\":", "{\"lerner\":", "it has no 'learner'"),
            ("\"objective\":{\"name\"", "\"objective\":{\"nam\"", "it has no 'objective'"),
            ("[1,7,4]}", "[1,7,4]}}", "something follows the model"),
            ("\"default_left\":[0,", "\"default_left\":[2,", "a flag is neither 0 nor 1"),
            ("\"left_children\":[1,", "\"left_children\":[1.5,", "a ']' is missing"),
            ("\"left_children\":[1,", "\"left_children\":[99999999999,", "a whole number is missing"),
        ])
    func unknown(_ old: String, _ new: String, _ message: String) {
        let text = Self.small().json
        #expect(text.contains(old))
        let problem = Self.problem(text.replacing(old, with: new))
        #expect(problem?.description.contains(message) == true, "\(problem?.description ?? "it is taken")")
    }

    @Test("a model that is cut anywhere, or nested without end, is refused")
    func truncated() {
        let text = Self.small().json
        for end in 0..<text.utf8.count {
            #expect(Self.problem(String(decoding: text.utf8.prefix(end), as: UTF8.self)) != nil, "at \(end)")
        }
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(Self.problem("{\"version\":\(deep)") == .syntax(offset: 268, reason: "it is nested too deep"))
        #expect(Self.problem("{L\u{0}\u{0}")?.description.contains("UBJSON") == true)
    }

    @Test("whatever bytes are changed, a model is refused or answers, and nothing ends the program", arguments: [1, 2])
    func mutated(_ seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        let made = MadeUpTrees(&random, columns: 3, outputs: 2, trees: 4, splits: 6)
        let original = Array(made.json.utf8)
        let rows = made.rows(9, &random)
        var taken = 0
        for _ in 0..<4000 {
            var bytes = original
            for _ in 0...random.below(3) {
                let place = random.below(bytes.count)
                switch random.below(3) {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes[place] = Array("0123456789-[]{},.eE".utf8)[random.below(19)]
                default: bytes.remove(at: place)
                }
            }
            guard let trees = try? TreeEnsemble(parsing: bytes), trees.columns == 3 else { continue }
            taken += 1
            #expect(trees.margins(rows).count == 9 * trees.outputs)
        }
        #expect(taken > 100 && taken < 3900)
    }
}
