#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Gradient-boosted trees as XGBoost has them, checked.
///
/// The form of its JSON is told at https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html. Here it is one of a booster
/// `gbtree` whose trees ask about numbers.
struct XGBoostModel {
    /// A tree, node by node; the first one is its root.
    struct Tree {
        /// The node for numbers below the threshold; -1 for a leaf.
        var left: [Int32] = []
        var right: [Int32] = []
        var columns: [Int32] = []
        /// The threshold of a question, or what a leaf adds.
        var thresholds: [Float] = []
        /// Whether a missing number goes left.
        var missingGoesLeft: [Bool] = []
        /// The output that leaves add to.
        var output = 0
    }

    /// What was made small, in XGBoost's words.
    private(set) var objective = ""
    /// What each output begins with, before it becomes a probability.
    private(set) var bases: [Float] = []
    /// How many numbers a row has.
    private(set) var columns = 0
    private(set) var outputs = 1
    private(set) var trees: [Tree] = []

    /// How many columns and outputs there are at most.
    private static let widest: Int32 = 1 << 24

    /// Reads a model.
    init(parsing bytes: [UInt8]) throws(TreeModelError) {
        var parts = Parts()
        var scanner = JSONScanner(bytes)
        if bytes.starts(with: "{L".utf8) || bytes.starts(with: "{i".utf8) {
            throw .unsupported("it is UBJSON; save the model as JSON")
        }
        var hasLearner = false
        try scanner.members { (key, scanner) throws(TreeModelError) in
            guard key == "learner" else { return try scanner.skip() }
            hasLearner = true
            try parts.readLearner(&scanner)
        }
        try scanner.finish()
        guard hasLearner else { throw .missing("'learner'") }
        try self.init(parts)
    }

    private init(_ parts: Parts) throws(TreeModelError) {
        guard let booster = parts.booster else { throw .missing("'gradient_booster'") }
        guard booster == "gbtree" else { throw .unsupported("its booster is '\(booster)', and only 'gbtree' is known") }
        guard let objective = parts.objective else { throw .missing("'objective'") }
        let columns = try parts.count("num_feature")
        let classes = try parts.count("num_class")
        let targets = parts.header["num_target"] == nil ? 1 : try parts.count("num_target")
        guard columns > 0 else { throw .header("'num_feature' is 0") }
        guard targets <= 1 else { throw .unsupported("it has \(targets) targets, and only one is known") }
        (self.objective, self.columns, outputs) = (objective, columns, max(1, classes))
        bases = try Self.bases(parts, objective, outputs: outputs)
        guard let trees = parts.trees else { throw .missing("'trees'") }
        guard parts.outputs.count == trees.count else {
            throw .header("it has \(trees.count) trees and \(parts.outputs.count) elements of 'tree_info'")
        }
        if let said = parts.treeCount, said != trees.count {
            throw .header("it has \(trees.count) trees where 'num_trees' says \(said)")
        }
        self.trees = trees
        for number in trees.indices {
            guard parts.outputs[number] >= 0, parts.outputs[number] < outputs else {
                throw .tree(number, node: nil, .outputOutside)
            }
            self.trees[number].output = Int(parts.outputs[number])
            try check(number)
        }
    }

    /// What each output begins with: the objective's score, as XGBoost turns it into the sum's own unit.
    private static func bases(_ parts: Parts, _ objective: String, outputs: Int) throws(TreeModelError) -> [Float] {
        guard let text = parts.header["base_score"] else { throw .missing("'base_score'") }
        // From its version 3 on it is a list, of one number for all outputs or of one for each.
        let listed = text.first == "[" && text.last == "]" ? text.dropFirst().dropLast() : text[...]
        let written = listed.split(separator: ",", omittingEmptySubsequences: false)
        guard written.count == 1 || written.count == outputs else {
            throw .header("'base_score' has \(written.count) numbers for \(outputs) outputs")
        }
        var bases: [Float] = []
        for number in written {
            guard let score = Float(number), score.isFinite else {
                throw .header("'base_score' is no finite number")
            }
            bases.append(try base(score, objective))
        }
        return bases.count == outputs ? bases : Array(repeating: bases[0], count: outputs)
    }

    private static func base(_ score: Float, _ objective: String) throws(TreeModelError) -> Float {
        switch objective {
        case "reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "multi:softprob", "rank:ndcg":
            return score
        case "count:poisson":
            guard score > 0 else { throw .header("'base_score' is not above 0") }
            return logf(score)
        case "binary:logistic":
            guard score > 0, score < 1 else { throw .header("'base_score' is no probability") }
            return -logf(1 / score - 1)
        default: throw .unsupported("its objective '\(objective)' is not known")
        }
    }

    /// Checks a tree's shape, so that whoever walks it ends at a leaf.
    private func check(_ number: Int) throws(TreeModelError) {
        let tree = trees[number]
        let count = tree.left.count
        guard count > 0 else { throw .tree(number, node: nil, .empty) }
        guard tree.right.count == count, tree.columns.count == count, tree.thresholds.count == count,
            tree.missingGoesLeft.count == count
        else { throw .tree(number, node: nil, .lengths) }
        // XGBoost leaves nodes behind that it has cut off. Only those count that can be reached.
        var isReached = [Bool](repeating: false, count: count)
        isReached[0] = true
        var waiting = [0]
        while let node = waiting.popLast() {
            let (left, right) = (tree.left[node], tree.right[node])
            if left == -1, right == -1 {
                guard tree.thresholds[node].isFinite else { throw .tree(number, node: node, .leaf) }
                continue
            }
            if left == -1 || right == -1 { throw .tree(number, node: node, .oneChild) }
            guard tree.thresholds[node].isFinite else { throw .tree(number, node: node, .threshold) }
            guard tree.columns[node] >= 0, tree.columns[node] < columns else {
                throw .tree(number, node: node, .columnOutside)
            }
            for child in [left, right] {
                guard child >= 0, child < count else { throw .tree(number, node: node, .childOutside) }
                if isReached[Int(child)] { throw .tree(number, node: Int(child), .sharedNode) }
                isReached[Int(child)] = true
                waiting.append(Int(child))
            }
        }
    }

    /// The same with other trees, which were checked as these.
    func replacing(_ trees: [Tree]) -> XGBoostModel {
        var model = self
        model.trees = trees
        return model
    }

    /// Takes trees from elsewhere.
    ///
    /// - Throws: ``TreeModelError`` for trees that do not end, or that ask or add to what there is not.
    init(objective: String, bases: [Float], columns: Int, trees: [Tree]) throws(TreeModelError) {
        guard columns > 0, !bases.isEmpty else { throw .header("it has no columns or no outputs") }
        (self.objective, self.bases, self.columns, outputs) = (objective, bases, columns, bases.count)
        self.trees = trees
        for number in trees.indices {
            guard trees[number].output < outputs else { throw .tree(number, node: nil, .outputOutside) }
            try check(number)
        }
    }

    // MARK: Reading

    /// What the text has, not yet judged.
    private struct Parts {
        var header: [String: String] = [:]
        var booster: String?
        var objective: String?
        var treeCount: Int?
        var trees: [Tree]?
        var outputs: [Int32] = []

        func count(_ name: String) throws(TreeModelError) -> Int {
            guard let text = header[name] else { throw .missing("'\(name)'") }
            guard let number = Int32(text), number >= 0, number <= XGBoostModel.widest else {
                throw .header("'\(name)' is no number up to \(XGBoostModel.widest)")
            }
            return Int(number)
        }

        mutating func readLearner(_ scanner: inout JSONScanner) throws(TreeModelError) {
            try scanner.members { (key, scanner) throws(TreeModelError) in
                switch key {
                case "learner_model_param":
                    try scanner.members { (name, scanner) throws(TreeModelError) in
                        header[name] = try scanner.string()
                    }
                case "gradient_booster": try readBooster(&scanner)
                case "objective":
                    try scanner.members { (name, scanner) throws(TreeModelError) in
                        if name == "name" { objective = try scanner.string() } else { try scanner.skip() }
                    }
                default: try scanner.skip()
                }
            }
        }

        private mutating func readBooster(_ scanner: inout JSONScanner) throws(TreeModelError) {
            try scanner.members { (key, scanner) throws(TreeModelError) in
                switch key {
                case "name": booster = try scanner.string()
                case "model":
                    try scanner.members { (name, scanner) throws(TreeModelError) in
                        switch name {
                        case "trees": try readTrees(&scanner)
                        case "tree_info":
                            outputs = []
                            try scanner.elements { (scanner) throws(TreeModelError) in
                                outputs.append(try scanner.integer())
                            }
                        case "gbtree_model_param":
                            try scanner.members { (name, scanner) throws(TreeModelError) in
                                let value = try scanner.string()
                                if name == "num_trees" { treeCount = Int(value) }
                            }
                        default: try scanner.skip()
                        }
                    }
                default: try scanner.skip()
                }
            }
        }

        private mutating func readTrees(_ scanner: inout JSONScanner) throws(TreeModelError) {
            var found: [Tree] = []
            try scanner.elements { (scanner) throws(TreeModelError) in
                found.append(try Tree(&scanner, number: found.count))
            }
            trees = found
        }
    }
}

extension XGBoostModel.Tree {
    fileprivate init(_ scanner: inout JSONScanner, number: Int) throws(TreeModelError) {
        var hasCategories = false
        var parameters: [String: String] = [:]
        try scanner.members { (key, scanner) throws(TreeModelError) in
            switch key {
            case "left_children": left = try Self.integers(&scanner)
            case "right_children": right = try Self.integers(&scanner)
            case "split_indices": columns = try Self.integers(&scanner)
            case "split_conditions":
                thresholds = []
                try scanner.elements { (scanner) throws(TreeModelError) in thresholds.append(try scanner.number()) }
            case "default_left":
                missingGoesLeft = []
                try scanner.elements { (scanner) throws(TreeModelError) in missingGoesLeft.append(try scanner.flag()) }
            case "split_type":
                if try Self.integers(&scanner).contains(where: { $0 != 0 }) { hasCategories = true }
            case "tree_param":
                try scanner.members { (name, scanner) throws(TreeModelError) in
                    parameters[name] = try scanner.string()
                }
            default: try scanner.skip()
            }
        }
        if hasCategories {
            throw .unsupported("tree \(number) asks for categories, and only questions for numbers are known")
        }
        if let width = parameters["size_leaf_vector"], !["0", "1"].contains(width) {
            throw .unsupported("the leaves of tree \(number) have \(width) values, and only one is known")
        }
        if let count = parameters["num_nodes"], Int(count) != left.count {
            throw .tree(number, node: nil, .lengths)
        }
    }

    private static func integers(_ scanner: inout JSONScanner) throws(TreeModelError) -> [Int32] {
        var numbers: [Int32] = []
        try scanner.elements { (scanner) throws(TreeModelError) in numbers.append(try scanner.integer()) }
        return numbers
    }
}
